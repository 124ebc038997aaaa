/** A real API server, which `ASSAY_E2E_KUBECONFIG` names. It must be there for these tests alone. */

import { runProgram } from "../binary.ts";

/** The kubeconfig file of the cluster. Throws when none is named. */
export function kubeconfig(): string {
  const path = Deno.env.get("ASSAY_E2E_KUBECONFIG");
  if (path !== undefined && path !== "") return path;
  throw new Error("set ASSAY_E2E_KUBECONFIG to the kubeconfig file of a cluster for tests alone");
}

/** Runs kubectl as the administrator of the cluster. Rejects with what it says when it fails. */
export async function kubectl(args: readonly string[], input?: string): Promise<string> {
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    KUBECONFIG: kubeconfig(),
    HOME: "/nonexistent", // no cache of another cluster
  };
  if (input === undefined) return said(await runProgram("kubectl", args, env));
  const child = new Deno.Command("kubectl", {
    args: [...args],
    env,
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return said({ status: code, out: text(stdout), err: text(stderr) });
}

/** An object; undefined when there is none. */
export async function getObject(
  kind: string,
  name: string,
  namespace = "default",
  // deno-lint-ignore no-explicit-any -- objects of many kinds, whose members the assertions name
): Promise<any> {
  const text = await kubectl([
    "get",
    kind,
    name,
    "-n",
    namespace,
    "-o",
    "json",
    "--ignore-not-found",
  ]);
  return text.trim() === "" ? undefined : JSON.parse(text);
}

function said(
  run: { readonly status: number; readonly out: string; readonly err: string },
): string {
  if (run.status === 0) return run.out;
  throw new Error(run.err);
}
