import assert from "node:assert/strict";
import { documents, problemsOf, yaml } from "./testing/resources.ts";

const NAME = "notation-com.amazonaws.signer.notation.plugin";
const ARTIFACT = "public.ecr.aws/aws-signer/notation-plugin";

/** Problems of the Verifier alone. */
async function found(text: string): Promise<string[]> {
  return (await problemsOf(text)).filter((problem) => problem.includes("Verifier/x"));
}

function verifier(name: string, source: string | undefined): string {
  const spec = `name: ${name}\nartifactTypes: application/vnd.oci.image.manifest.v1+json`;
  return documents(
    yaml("Verifier", source === undefined ? spec : `${spec}\nsource: {artifact: "${source}"}`),
  );
}

const NOTE =
  "is not needed: the plugin of AWS Signer is built in, and nothing is downloaded; this resource may be removed";

Deno.test("a Verifier that downloads the plugin of AWS Signer is noted as not needed", async () => {
  for (const source of [ARTIFACT, `${ARTIFACT}:linux-amd64-latest`, `${ARTIFACT}@sha256:00`]) {
    assert.deepEqual(await found(verifier(NAME, source)), [
      `t.yaml:7:3: warning CONFIG_INVALID Verifier/x spec.source: ${NOTE}`,
    ], source);
  }
  assert.deepEqual(await found(verifier(NAME, undefined)), [
    `t.yaml:5:9: warning CONFIG_INVALID Verifier/x spec.name: ${NOTE}`,
  ]);
});

Deno.test("a Verifier that downloads any other plugin is refused, also under the name of AWS Signer", async () => {
  for (const source of [`${ARTIFACT}-x:v1`, "example.com/aws-signer/notation-plugin:v1"]) {
    const [first = ""] = (await found(verifier(NAME, source))).filter((problem) =>
      problem.includes("spec.source")
    );
    assert.match(first, /error CONFIG_INVALID .* must be removed: plugins are not downloaded/);
  }
  const others = await found(verifier("notation-com.example.plugin", `${ARTIFACT}:v1`));
  assert.ok(others.some((problem) => problem.includes("must be removed")), others.join("\n"));
});
