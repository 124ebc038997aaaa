import { CloudError, KubernetesClient } from "../../cloud/mod.ts";
import { AssayError } from "../../errors.ts";
import { resourceDefinitions } from "../../resources/mod.ts";
import { openAccess } from "../cluster.ts";
import type { Command, Invocation } from "../command.ts";
import { withTimeout } from "../deadline.ts";
import type { Io } from "../io.ts";
import { TIMEOUT } from "../options.ts";
import { USER_AGENT } from "../version.ts";

/** `assay crds`: the definitions of the resources, for a cluster. */
export const crdsCommand: Command = {
  name: "crds",
  summary: "Print or apply the definitions of custom resources",
  description:
    `Prints the CustomResourceDefinitions of all kinds as YAML, for \`kubectl apply --server-side -f -\`. With
\`--apply\` they are applied to the cluster that \`$KUBECONFIG\` names, or that the process runs in: those that
are there are brought up to date, and no resource is touched.`,
  options: [{ name: "apply", description: "Apply them to the cluster." }, TIMEOUT],
  examples: ["assay crds", "assay crds --apply"],
  exits: { 0: "They were printed or applied.", 2: "The cluster did not take them." },
  run,
};

const PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

async function run(invocation: Invocation, io: Io): Promise<number> {
  const definitions = resourceDefinitions();
  if (!invocation.flag("apply")) {
    const { stringify } = await import("yaml");
    io.out(
      definitions.map((one) => stringify(one, { aliasDuplicateObjects: false })).join("---\n"),
    );
    return 0;
  }
  using access = openAccess(io);
  const client = new KubernetesClient(access, USER_AGENT);
  await withTimeout(crdsCommand, invocation, async (signal) => {
    for (const definition of definitions) {
      const { name } = definition.metadata;
      try {
        await client.apply(`${PATH}/${name}`, definition, signal);
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        throw new AssayError({
          code: "CLUSTER_FAILURE",
          component: "commandLine",
          message: `The definition ${name} was not applied: ${error.message}`,
          cause: error,
        });
      }
      io.out(`${name} applied`);
    }
  });
  return 0;
}
