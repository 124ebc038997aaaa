import assert from "node:assert/strict";
import { DEMO_SIGNED, DEMO_UNSIGNED, demoResourcesWithPolicy } from "./demo_images.ts";
import { runCli } from "./run_cli.ts";
import { askMutate, askVerify, startTestService } from "./service.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * Policies in Rego and CEL over the demo's images, whose signatures are real: by the command line, and as
 * Gatekeeper asks.
 */

const HEAD = "package ratify.policy\nimport rego.v1\n";
const ANY_REGO = `${HEAD}default valid := false
valid if { some artifact in input.verifierReports; some report in artifact.verifierReports; report.isSuccess }`;
const ANY_CEL = "input.verifierReports.exists(a, a.verifierReports.exists(r, r.isSuccess))";
const ENDLESS = `${HEAD}valid if {
  count(input.verifierReports[_].subject) > 0
  input.verifierReports[_].verifierReports[_].extensions.Issuer
  count([1 | numbers.range(1, 1000)[_]; numbers.range(1, 1000)[_]; numbers.range(1, 1000)[_]]) > 0
}`;

const POLICIES: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  rego: { type: "rego-policy", parameters: { policy: ANY_REGO } },
  cel: { type: "cel-policy", parameters: { expression: ANY_CEL } },
};
const TAMPERED = "demo.example.com/tampered:v1";

/** The JSON that `verify` prints, and its exit status. */
async function verify(
  image: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<{ status: number; result: Record<string, unknown>; err: string }> {
  await using folder = await temporaryFolder();
  const config = await demoResourcesWithPolicy(folder.path, spec);
  const { status, out, err } = await runCli(["verify", image, "-c", config, "-o", "json"]);
  return { status, result: out === "" ? {} : JSON.parse(out), err };
}

for (const [name, spec] of Object.entries(POLICIES)) {
  Deno.test(`a ${name} policy judges signed, unsigned and tampered images`, async () => {
    for (const [image, status] of [[DEMO_SIGNED, 0], [DEMO_UNSIGNED, 1], [TAMPERED, 1]] as const) {
      const run = await verify(image, spec);
      assert.equal(run.status, status, `${image} ${run.err}`);
      assert.equal(run.result["version"], "1.1.0");
      assert.equal(run.result["isSuccess"], status === 0);
    }
  });
}

Deno.test("the form 1.1.0 has all members of an artifact and of a report, and no others", async () => {
  const good = await verify(DEMO_SIGNED, POLICIES["rego"] ?? {});
  assert.deepEqual(shapeOf(good.result["verifierReports"]), [{
    subject: DEMO_SIGNED,
    referenceDigest: "sha256",
    artifactType: "application/vnd.cncf.notary.signature",
    verifierReports: [{
      isSuccess: true,
      message: "text",
      name: "notation",
      extensions: "object",
      verifierName: "notation",
      type: "notation",
      verifierType: "notation",
    }],
    nestedReports: [],
  }]);
  const bad = await verify(TAMPERED, POLICIES["rego"] ?? {});
  const [artifact] = bad.result["verifierReports"] as { verifierReports: object[] }[];
  assert.deepEqual(Object.keys(artifact?.verifierReports[0] ?? {}), [
    ...["isSuccess", "message", "name", "extensions", "errorReason", "remediation"],
    ...["verifierName", "type", "verifierType"],
  ]);
  const none = await verify(DEMO_UNSIGNED, POLICIES["rego"] ?? {});
  assert.ok(!("verifierReports" in none.result));
});

/** The value with what differs from run to run, or is for people, replaced by its kind. */
function shapeOf(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(
      value,
      (key, member) =>
        key === "message"
          ? "text"
          : key === "extensions"
          ? typeof member
          : key === "referenceDigest"
          ? String(member).split(":")[0]
          : member,
    ),
  );
}

Deno.test("an unsigned image is let in only by a module that asks for nothing", async () => {
  const nothingBad = `${HEAD}default valid := false
valid if not bad
bad if { some artifact in input.verifierReports; some report in artifact.verifierReports; not report.isSuccess }`;
  const spec = { type: "rego-policy", parameters: { policy: nothingBad } };
  assert.equal((await verify(DEMO_UNSIGNED, spec)).status, 0);
  assert.equal((await verify(TAMPERED, spec)).status, 1);
});

Deno.test("passthrough gives the reports to whoever asked, and is never a success", async () => {
  const parameters = { policy: ANY_REGO, passthroughEnabled: true };
  const { status, result } = await verify(DEMO_SIGNED, { type: "rego-policy", parameters });
  assert.deepEqual([status, result["isSuccess"]], [1, false]);
  const [artifact] = result["verifierReports"] as { verifierReports: { isSuccess: boolean }[] }[];
  assert.equal(artifact?.verifierReports[0]?.isSuccess, true);
});

Deno.test("check says that a module is in the syntax of before version 1, and takes it", async () => {
  await using folder = await temporaryFolder();
  const policy =
    "package ratify.policy\nvalid { input.verifierReports[_].verifierReports[_].isSuccess }";
  await Deno.writeTextFile(`${folder.path}/policy.rego`, policy);
  const config = await demoResourcesWithPolicy(folder.path, {
    type: "rego-policy",
    parameters: { policyPath: `${folder.path}/policy.rego` },
  });
  const { status, out } = await runCli(["check", config]);
  assert.equal(status, 0, out);
  assert.match(
    out,
    /: warning CONFIG_INVALID Policy\/ratify-policy spec\.parameters\.policyPath: .*\/policy\.rego: is in the syntax of before Rego version 1/,
  );
  await Deno.writeTextFile(`${folder.path}/policy.rego`, `${policy}\nx { foo(1) }`);
  const broken = await runCli(["check", config]);
  assert.equal(broken.status, 2);
  assert.match(broken.out, /\/policy\.rego:3:5: there is no function foo/);
});

Deno.test("the service answers in form 1.1.0, and what has no end is an error of its item alone", async () => {
  await using folder = await temporaryFolder();
  const config = [
    await demoResourcesWithPolicy(folder.path, POLICIES["rego"] ?? {}),
    `${folder.path}/namespace.json`,
  ];
  await Deno.writeTextFile(
    `${folder.path}/namespace.json`,
    JSON.stringify({
      apiVersion: "config.ratify.deislabs.io/v1beta1",
      kind: "NamespacedPolicy",
      metadata: { name: "ratify-policy", namespace: "endless" },
      spec: { type: "rego-policy", parameters: { policy: ENDLESS } },
    }),
  );
  await using service = await startTestService({ folder: folder.path, config });
  const keys = [DEMO_SIGNED, `[endless]${DEMO_SIGNED}`, DEMO_UNSIGNED, TAMPERED];
  const { response } = (await askVerify(service.host, keys)).json;
  assert.equal(response.systemError, undefined);
  const told = response.items.map((item: Record<string, unknown>) =>
    item["error"] ?? (item["value"] as Record<string, unknown>)["isSuccess"]
  );
  assert.deepEqual([told[0], told[2], told[3]], [true, false, false]);
  assert.match(
    told[1],
    /^POLICY_EVALUATION_FAILURE: .* takes more steps or memory than a policy may/,
  );
  assert.deepEqual(Object.keys(response.items[0].value), [
    ...["version", "isSuccess", "traceID", "timestamp", "verifierReports"],
  ]);
  assert.deepEqual(Object.keys(response.items[2].value), [
    ...["version", "isSuccess", "traceID", "timestamp"],
  ]);
  assert.equal(response.items[0].value.version, "1.1.0");

  const mutated = (await askMutate(service.host, [DEMO_SIGNED])).json;
  assert.match(mutated.response.items[0].value, /^demo\.example\.com\/signed@sha256:[0-9a-f]{64}$/);
});
