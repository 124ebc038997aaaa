/**
 * Makes one minified file of the program and of the packages that it imports, for `deno compile`:
 *
 *     deno run --allow-all tools/bundle.ts FOLDER
 *
 * The file is FOLDER/assay.js, and FOLDER/rego.bin lies beside it; FOLDER/LICENSES has the terms of all that is in it. Packages are taken from Deno's cache, at the versions of deno.lock; there
 * is no node_modules folder, and no lifecycle script is run.
 */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const ROOT = resolve(import.meta.dirname ?? "", "..");

const [folder = ""] = Deno.args;
if (folder === "") throw new Error("usage: bundle.ts FOLDER");

const OPTIONS = {
  absWorkingDir: ROOT,
  entryPoints: ["main.ts"],
  bundle: true,
  format: "esm",
  platform: "node",
  target: "esnext",
  logLevel: "warning",
} as const satisfies esbuild.BuildOptions;

try {
  const packages = await linkPackages(await importedPackages(), `${folder}/packages`);
  const { metafile } = await esbuild.build({
    ...OPTIONS,
    minify: true,
    legalComments: "none",
    metafile: true,
    outfile: `${folder}/assay.js`,
    nodePaths: [`${folder}/packages`],
    // What CommonJS packages require is part of the runtime, or in the bundle; nothing comes from disk.
    banner: { js: "const require=(name)=>process.getBuiltinModule(name);" },
  });
  // Read at run time, from beside the code that names it.
  await Deno.copyFile(`${ROOT}/src/resources/rego.bin`, `${folder}/rego.bin`);
  const inputs = Object.keys(metafile?.outputs ?? {}).flatMap((output) =>
    Object.keys(metafile?.outputs[output]?.inputs ?? {}).map((input) => resolve(ROOT, input))
  );
  const used = packages.filter(({ path }) => inputs.some((input) => input.startsWith(`${path}/`)));
  await Deno.writeTextFile(`${folder}/LICENSES`, await licences(used));
} finally {
  await esbuild.stop();
}

/** The packages that the program itself imports, by name. */
async function importedPackages(): Promise<string[]> {
  const { metafile } = await esbuild.build({
    ...OPTIONS,
    packages: "external",
    metafile: true,
    write: false,
    outdir: folder, // where it would be written
  });
  const imports = Object.values(metafile?.outputs ?? {}).flatMap((output) => output.imports);
  return imports.filter(({ external, path }) => external && !path.startsWith("node:"))
    .map(({ path }) => path.split("/").slice(0, path.startsWith("@") ? 2 : 1).join("/"));
}

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly dependencies?: readonly string[] }>>;
}

interface Package {
  readonly id: string;
  /** Its folder in the cache. */
  readonly path: string;
}

/**
 * Links a folder for each package and all that it depends on, as esbuild looks for them.
 *
 * @throws when two versions of one package are among them.
 */
async function linkPackages(names: readonly string[], into: string): Promise<Package[]> {
  const lock: Lock = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.lock`));
  const { imports } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  const cache = packageCache();
  const linked = new Map<string, string>();
  const queue = names.map((name) => {
    const specifier = imports[name];
    return `${name}@${lock.specifiers[specifier]}`;
  });
  for (const entry of queue) {
    const id = complete(entry, lock);
    const [, name = "", version = ""] = /^(@?[^@]+)@([^_]+)/.exec(id) ?? [];
    const other = linked.get(name);
    if (other === version) continue;
    if (other !== undefined) {
      throw new Error(`the program would carry two versions of ${name}: ${other} and ${version}`);
    }
    linked.set(name, version);
    await Deno.mkdir(`${into}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.symlink(`${cache}/${name}/${version}`, `${into}/${name}`);
    queue.push(...lock.npm[id]?.dependencies ?? []);
  }
  return [...linked].map(([name, version]) => ({
    id: `${name} ${version}`,
    path: `${cache}/${name}/${version}`,
  })).sort((a, b) => a.id < b.id ? -1 : 1);
}

/** The key of a package in the lock file: a dependency leaves its version out when there is only one. */
function complete(entry: string, lock: Lock): string {
  if (lock.npm[entry] !== undefined) return entry;
  const id = Object.keys(lock.npm).find((key) => key.startsWith(`${entry}@`));
  if (id === undefined) throw new Error(`deno.lock has no package ${entry}`);
  return id;
}

/** Where Deno keeps packages of this registry, found by one that is certainly there; without links. */
function packageCache(): string {
  const entry = Deno.realPathSync(fileURLToPath(import.meta.resolve("esbuild")));
  const found = /^(.*)\/esbuild\/[^/]+\/lib\/[^/]+$/.exec(entry);
  if (found?.[1] === undefined) throw new Error(`the cache of packages was not found by ${entry}`);
  return found[1];
}

/** The terms of the program and of packages, which whoever hands the binary out must hand out too. */
async function licences(packages: readonly Package[]): Promise<string> {
  const texts = [{ id: "Assay", path: ROOT }, ...packages].map(
    async ({ id, path }) => `${id}\n\n${(await termsOf(path)).trim()}\n`,
  );
  const crates = await Deno.readTextFile(`${ROOT}/rego/LICENSES`);
  return [...await Promise.all(texts), crates].join(`\n${"-".repeat(80)}\n\n`);
}

/** The file with the terms; a package that has none says in package.json under which it is. */
async function termsOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(`${path}/LICENSE`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const { license, author, homepage } = JSON.parse(
      await Deno.readTextFile(`${path}/package.json`),
    );
    if (typeof license !== "string") throw new Error(`${path} does not say its terms`);
    const by = typeof author === "object" ? author?.name : author;
    return [`License: ${license}`, `Author: ${by}`, `Home: ${homepage}`].join("\n");
  }
}
