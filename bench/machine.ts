/** One line about the machine and the runtime that figures are from. */
export async function describeMachine(): Promise<string> {
  // By a program: the runtime lets none but the mightiest read there.
  const { stdout } = await new Deno.Command("cat", { args: ["/proc/cpuinfo"] }).output();
  const info = new TextDecoder().decode(stdout);
  const model = /^model name\s*: (.*)$/m.exec(info)?.[1] ?? "unknown processor";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `${model}, ${navigator.hardwareConcurrency} processors, ${memory} GiB, Deno ${Deno.version.deno}`;
}
