let compiled: Promise<WebAssembly.Module> | undefined;

/** The interpreter of Rego that comes with Assay, made ready when the first policy asks for it. */
export function regoInterpreter(): Promise<WebAssembly.Module> {
  return compiled ??= compile();
}

async function compile(): Promise<WebAssembly.Module> {
  // `deno compile` would take a file with the extension .wasm for code that it should link.
  return await WebAssembly.compile(await Deno.readFile(new URL("./rego.bin", import.meta.url)));
}
