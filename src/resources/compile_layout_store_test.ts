import assert from "node:assert/strict";
import { loadConfiguration } from "./load.ts";
import { formatProblem } from "./problem.ts";

const NAMESPACED = "kind: NamespacedStore\nmetadata: {name: s, namespace: team-a}";

function resource(parameters: string, head = "kind: Store\nmetadata: {name: s}"): string {
  return `apiVersion: config.ratify.deislabs.io/v1beta1\n${head}\nspec:\n  name: oci-layout\n  parameters: ${parameters}\n`;
}

async function problemsOf(text: string): Promise<string[]> {
  const { problems } = await loadConfiguration([{ path: "s.yaml", text }]);
  return problems.filter(({ severity }) => severity === "error").map(formatProblem);
}

Deno.test("a Store of layouts knows repositories by the names that references have", async () => {
  const text = resource("{repositories: {nginx: a, registry.example.com/team/app: b}}");
  const { configuration } = await loadConfiguration([{ path: "s.yaml", text }]);
  const [store] = configuration?.forScope("").stores ?? [];
  assert.equal(store?.type, "oci-layout");
  assert.deepEqual(store.parameters, {
    repositories: { "docker.io/library/nginx": "a", "registry.example.com/team/app": "b" },
    cosignAttestations: false,
    cosignEnabled: false,
  });
});

Deno.test("a Store of layouts refuses what is no repository, and two layouts for one", async () => {
  for (
    const name of ["registry.example.com/app:v1", "Not/A/Name", `a/b@sha256:${"0".repeat(64)}`]
  ) {
    const [problem = ""] = await problemsOf(resource(`{repositories: {"${name}": dir}}`));
    assert.match(problem, /must be a repository such as registry.example.com\/app/);
  }
  const [twice = ""] = await problemsOf(
    resource("{repositories: {nginx: a, docker.io/library/nginx: b}}"),
  );
  assert.match(twice, /has a layout already/);
});

Deno.test("a Store of layouts must name repositories, and not be of a namespace", async () => {
  const [missing = ""] = await problemsOf(resource("{}"));
  assert.match(
    missing,
    /^s\.yaml:6:15: error CONFIG_INVALID Store\/s spec\.parameters\.repositories/,
  );
  const [reach = ""] = await problemsOf(resource("{repositories: {nginx: a}}", NAMESPACED));
  assert.match(reach, /files/);
});
