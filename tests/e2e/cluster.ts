import { run, startControlPlane } from "./control_plane.ts";

/** A real API server, as its administrator sees it. */
export interface Cluster extends AsyncDisposable {
  readonly kubeconfig: string;
  /** Runs kubectl. Rejects with what it says when it fails. */
  kubectl(args: readonly string[], input?: string): Promise<string>;
  /** An object; undefined when there is none. */
  get(
    kind: string,
    name: string,
    namespace?: string,
    // deno-lint-ignore no-explicit-any -- objects of many kinds, whose members the assertions name
  ): Promise<any>;
}

/**
 * The cluster that `ASSAY_E2E_KUBECONFIG` names, which must be there for tests alone and know Gatekeeper's
 * kinds; else a control plane that is started for it.
 */
export async function openCluster(): Promise<Cluster> {
  const given = Deno.env.get("ASSAY_E2E_KUBECONFIG");
  const plane = given ? undefined : await startControlPlane();
  const kubeconfig = plane?.kubeconfig ?? given ?? "";
  const program = plane?.kubectlProgram ?? "kubectl";
  const kubectl: Cluster["kubectl"] = async (args, input) => {
    const env = { KUBECONFIG: kubeconfig };
    const { code, out, err } = await run(
      program,
      args,
      input === undefined ? { env } : { env, input },
    );
    if (code === 0) return out;
    throw new Error(err);
  };
  return {
    kubeconfig,
    kubectl,
    get: async (kind, name, namespace = "default") => {
      const args = ["get", kind, name, "-n", namespace, "-o", "json", "--ignore-not-found"];
      const text = await kubectl(args);
      return text.trim() === "" ? undefined : JSON.parse(text);
    },
    [Symbol.asyncDispose]: async () => await plane?.[Symbol.asyncDispose](),
  };
}
