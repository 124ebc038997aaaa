import assert from "node:assert/strict";
import { VERSION } from "../src/cli/version.ts";
import { caseResources, COMMON, notationResources, resource } from "./case_resources.ts";
import { type Case, corpusCase, corpusRoot, layoutOf } from "./corpus.ts";
import { type CliRun, runCli } from "./run_cli.ts";
import { type TemporaryFolder, temporaryFolder } from "./temp.ts";

const signed = await corpusCase("notation-jws-rsa2048-chain3");
const unsigned = await corpusCase("notation-unsigned");
const damaged = await corpusCase("notation-jws-truncated-blob");

async function image(one: Case, form: "digest" | "tag" = "digest"): Promise<string> {
  const layout = await layoutOf(one);
  return form === "tag" ? `oci:${layout}:${one.tag}` : `oci:${layout}@${one.imageDigest}`;
}

/** A folder with the resources of a case. */
async function configured(
  one: Case,
  change: (text: string) => string = (text) => text,
): Promise<TemporaryFolder> {
  const folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/resources.json`, change(await caseResources(one)));
  return folder;
}

async function verify(one: Case, ...args: readonly string[]): Promise<CliRun> {
  await using folder = await configured(one);
  return await runCli(["verify", await image(one), "--config", folder.path, ...args]);
}

Deno.test("verify exits 0 for allow, 1 for deny, 3 for undecided", async () => {
  assert.equal((await verify(signed)).status, 0);
  assert.equal((await verify(unsigned)).status, 1);
  assert.equal((await verify(damaged)).status, 3);
});

Deno.test("verify lets a denied image outweigh an undecided one", async () => {
  await using folder = await configured(signed);
  const exit = async (...images: readonly Case[]): Promise<number> => {
    const names = await Promise.all(images.map((one) => image(one)));
    return (await runCli(["verify", ...names, "-c", folder.path])).status;
  };
  assert.equal(await exit(signed, signed), 0);
  assert.equal(await exit(signed, damaged), 3);
  assert.equal(await exit(damaged, unsigned), 1);
});

Deno.test("verify --output json writes one object per image and line", async () => {
  await using folder = await configured(signed);
  const [first, second] = [await image(signed), await image(unsigned)];
  const run = await runCli(["verify", first, second, "-c", folder.path, "-o", "json"]);
  const [allowed, denied] = run.out.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(run.status, 1);
  assert.equal(run.out.trimEnd().split("\n").length, 2);

  assert.equal(allowed.version, "0.2.0");
  assert.equal(allowed.isSuccess, true);
  assert.equal(allowed.verdict, "allow");
  assert.equal(allowed.image, first);
  assert.equal(allowed.reference, first);
  assert.equal(allowed.digest, signed.imageDigest);
  assert.equal(allowed.timestamp, "2026-11-24T12:00:00.000Z");
  assert.match(allowed.traceID, /^[0-9a-f-]{36}$/);
  const [report] = allowed.verifierReports;
  assert.equal(report.isSuccess, true);
  assert.deepEqual([report.name, report.verifierName], ["notation", "notation"]);
  assert.deepEqual([report.type, report.verifierType], ["notation", "notation"]);
  assert.equal(report.subjectDigest, signed.imageDigest);
  assert.equal(report.artifactType, "application/vnd.cncf.notary.signature");
  assert.match(report.extensions.SN, /^CN=Matrix rsa2048 c3 leaf,/);
  assert.match(report.extensions.Issuer, /^CN=/);
  assert.equal("errorReason" in report, false);

  assert.equal(denied.isSuccess, false);
  assert.equal(denied.verdict, "deny");
  assert.equal(denied.cause.code, "NO_VERIFIER_REPORT");
  assert.equal(denied.verifierReports.length, 1);
  assert.equal(denied.verifierReports[0].isSuccess, false);
  assert.equal(denied.verifierReports[0].remediation, denied.cause.remedy);
});

Deno.test("verify reports failures that the policy only logs", async () => {
  const audit = await corpusCase("notation-jws-audit-untrusted");
  const report = JSON.parse((await verify(audit, "--output", "json")).out);
  assert.equal(report.verdict, "allow");
  const { loggedFailures } = report.verifierReports[0].extensions;
  assert.equal(loggedFailures.length, 1);
  assert.match(loggedFailures[0], /^trust store: No certificate of the signer/);
});

Deno.test("verify takes a tag, and the spellings of old", async () => {
  await using folder = await configured(signed);
  const file = `${folder.path}/resources.json`;
  assert.equal((await runCli(["verify", await image(signed, "tag"), "-c", folder.path])).status, 0);
  const old = await runCli([
    "verify",
    "-s",
    await image(signed, "tag"),
    `--config=${file}`,
    "--silent",
  ]);
  assert.deepEqual(old, { status: 0, out: "", err: "" });
  const typed = ["-t", "application/vnd.cncf.notary.signature"];
  assert.equal((await runCli(["verify", await image(signed), "-c", file, ...typed])).status, 0);
  const other = ["--artifactType=application/other"];
  assert.equal((await runCli(["verify", await image(signed), "-c", file, ...other])).status, 1);
});

Deno.test("verify --as gives the image the name that scopes are matched against", async () => {
  const scoped = await corpusCase("notation-jws-scope-exact-beats-skip");
  const strict = await corpusCase("notation-cose-scope-none");
  assert.equal((await verify(strict)).status, 1);
  const name = `${scoped.repository}@${scoped.imageDigest}`;
  const report = JSON.parse((await verify(scoped, "--as", name, "-o", "json")).out);
  assert.equal(report.reference, name);
  assert.equal(report.verifierReports[0].errorReason, "authenticity.untrusted");
});

Deno.test("verify refuses an --as with another digest than the image's", async () => {
  const other = `registry.example.com/app@${unsigned.imageDigest}`;
  assert.equal((await verify(signed, "--as", other)).status, 2);
  await using folder = await configured(signed);
  const tagged = await runCli([
    "verify",
    await image(signed, "tag"),
    "-c",
    folder.path,
    "--as",
    other,
  ]);
  assert.equal(tagged.status, 2);
  assert.equal(tagged.out, "");
  const same = `registry.example.com/app:v9@${signed.imageDigest}`;
  assert.equal((await verify(signed, "--as", same)).status, 0);
});

Deno.test("verify --at judges as of another time", async () => {
  const report = JSON.parse(
    (await verify(signed, "--at", "2061-01-01T00:00:00Z", "-o", "json")).out,
  );
  assert.equal(report.verdict, "deny");
  assert.equal(report.verifierReports[0].errorReason, "timestamp.cert_not_valid_now");
});

Deno.test("verify --timeout ends in an undecided verdict that names the step", async () => {
  const run = await verify(signed, "--timeout", "1ns", "-o", "json");
  const report = JSON.parse(run.out);
  assert.equal(run.status, 3);
  assert.equal(report.cause.code, "DEADLINE_EXCEEDED");
  assert.equal(report.cause.transient, true);
});

Deno.test("verify uses the resources of --namespace where it has some", async () => {
  const namespaced = {
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "NamespacedPolicy",
    metadata: { name: "ratify-policy", namespace: "strict" },
    spec: {
      type: "config-policy",
      parameters: { artifactVerificationPolicies: { "application/sbom": "any", default: "any" } },
    },
  };
  await using folder = await configured(signed);
  await Deno.writeTextFile(`${folder.path}/strict.json`, JSON.stringify(namespaced));
  const exit = async (...args: readonly string[]): Promise<number> =>
    (await runCli(["verify", await image(signed), "-c", folder.path, ...args])).status;
  assert.equal(await exit(), 0);
  assert.equal(await exit("--namespace", "other"), 0);
  assert.equal(await exit("--namespace", "strict"), 1);
});

Deno.test("verify finds the configuration where nobody names it", async () => {
  await using folder = await temporaryFolder();
  const configFile = `${folder.path}/config.json`;
  await Deno.writeTextFile(configFile, await configJson());
  const args = ["verify", await image(signed)];
  assert.equal((await runCli(args, { env: { RATIFY_CONFIG: folder.path } })).status, 0);
  await Deno.mkdir(`${folder.path}/.ratify`);
  await Deno.rename(configFile, `${folder.path}/.ratify/config.json`);
  assert.equal((await runCli(args, { env: { HOME: folder.path } })).status, 0);
  const none = await runCli(args, { env: { HOME: `${folder.path}/empty` } });
  assert.equal(none.status, 2);
  assert.equal(none.out, "");
  assert.match(none.err, /There is no configuration/);
});

/** A config.json that trusts the signer of the signed image by a file. */
async function configJson(): Promise<string> {
  const [file] = Object.values(signed.config.notation?.trustStores ?? {}).flat();
  return JSON.stringify({
    store: { version: "1.0.0", plugins: [{ name: "oras" }] },
    policy: {
      version: "1.0.0",
      plugin: { name: "configPolicy", artifactVerificationPolicies: { default: "any" } },
    },
    verifier: {
      version: "1.0.0",
      plugins: [{
        name: "notation",
        artifactTypes: "application/vnd.cncf.notary.signature",
        verificationCerts: [`${await corpusRoot()}/${file}`],
        trustPolicyDoc: {
          version: "1.0",
          trustPolicies: [{
            name: "default",
            registryScopes: ["*"],
            signatureVerification: { level: "strict" },
            trustStores: ["ca:certs"],
            trustedIdentities: ["*"],
          }],
        },
      }],
    },
  });
}

Deno.test("verify says what is missing from the configuration", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/store.json`, JSON.stringify(COMMON[0]));
  const run = await runCli(["verify", await image(signed), "-c", folder.path]);
  assert.equal(run.status, 2);
  assert.equal(run.out, "");
  assert.match(run.err, /has no Policy for this request/);
});

for (
  const [what, args] of Object.entries({
    "no image": ["verify"],
    "an unreadable reference": ["verify", "r.io/A/b"],
    "a layout reference without tag or digest": ["verify", "oci:layout"],
    "an unknown option": ["verify", "oci:x:y", "--confg", "x"],
    "an option without its value": ["verify", "oci:x:y", "--config"],
    "an unknown output": ["verify", "oci:x:y", "--output", "yaml"],
    "a wrong time": ["verify", "oci:x:y", "--at", "yesterday"],
    "a wrong duration": ["resolve", "oci:x:y", "--timeout", "10"],
    "--as for two images": ["verify", "oci:x:y", "oci:x:z", "--as", "r.io/a"],
    "an option twice": [
      "verify",
      "oci:x:y",
      "--at",
      "2026-01-01T00:00:00Z",
      "--at",
      "2026-01-01T00:00:00Z",
    ],
    "a value for a switch": ["verify", "oci:x:y", "--silent=maybe"],
    "a configuration that is not there": ["verify", "oci:x:y", "-c", "/nonexistent"],
    "an unknown command": ["verfy"],
    "an argument that is not taken": ["version", "x"],
    "two images to resolve": ["resolve", "oci:x:y", "oci:x:z"],
    "nothing to check": ["check"],
    "an unknown output of discover": ["discover", "oci:x:y", "-o", "text"],
  })
) {
  Deno.test(`the command line exits 2 for ${what}, with nothing on standard output`, async () => {
    const run = await runCli(args);
    assert.deepEqual([run.status, run.out], [2, ""], run.err);
    assert.match(run.err, /^assay: .+ \([A-Z_]+\)\n {2}\S/);
  });
}

Deno.test("resolve prints the digest of a tag, with and without configuration", async () => {
  const run = await runCli(["resolve", await image(signed, "tag")]);
  assert.deepEqual(run, { status: 0, out: `${signed.imageDigest}\n`, err: "" });
  await using folder = await configured(signed);
  const old = await runCli(["resolve", "-s", await image(signed, "tag"), "-c", folder.path]);
  assert.equal(old.out, run.out);
});

Deno.test("resolve exits 3 when the image is not there", async () => {
  const run = await runCli(["resolve", `oci:${await layoutOf(signed)}:none`]);
  assert.deepEqual([run.status, run.out], [3, ""]);
  assert.match(run.err, /REPOSITORY_OPERATION_FAILURE/);
});

Deno.test("discover shows what is attached as a tree", async () => {
  const run = await runCli(["discover", await image(signed)]);
  assert.equal(run.status, 0);
  assert.equal(
    run.out,
    `${await image(signed)}  ${signed.imageDigest}\n└── application/vnd.cncf.notary.signature  ${
      signed.referrers[0]?.digest
    }\n`,
  );
  assert.match((await runCli(["discover", await image(unsigned)])).out, /nothing is attached/);
});

Deno.test("discover writes JSON, and the flat form of old", async () => {
  const tree = JSON.parse((await runCli(["discover", await image(signed), "-o", "json"])).out);
  assert.equal(tree.digest, signed.imageDigest);
  assert.equal(tree.referrers[0].artifactType, "application/vnd.cncf.notary.signature");
  assert.deepEqual(tree.referrers[0].referrers, []);
  const flat = JSON.parse((await runCli(["discover", await image(signed), "--flat"])).out);
  assert.equal(flat[0].References[0].digest, signed.referrers[0]?.digest);
  const none = JSON.parse((await runCli(["discover", await image(unsigned), "--flat"])).out);
  assert.equal("References" in none[0], false);
  const filtered = await runCli(["discover", await image(signed), "-t", "application/other"]);
  assert.match(filtered.out, /nothing is attached/);
});

Deno.test("discover looks for cosign's tags when a store of the configuration does", async () => {
  const tagged = await corpusCase("cosign-tag-p256");
  await using folder = await temporaryFolder();
  const write = (cosignEnabled: boolean): Promise<void> =>
    Deno.writeTextFile(
      `${folder.path}/store.json`,
      JSON.stringify(resource("Store", "store", { name: "oras", parameters: { cosignEnabled } })),
    );
  await write(true);
  const found = await runCli(["discover", await image(tagged), "-c", folder.path]);
  assert.match(found.out, /application\/vnd\.dev\.cosign\.artifact\.sig\.v1\+json/);
  await write(false);
  assert.match(
    (await runCli(["discover", await image(tagged), "-c", folder.path])).out,
    /nothing is attached/,
  );
});

Deno.test("check prints every problem with its place, and exits 2 for errors only", async () => {
  await using folder = await configured(
    signed,
    (text) => text.replace('"any"', '"Any"').replace('"strict"', '"strikt"'),
  );
  const run = await runCli(["check", folder.path]);
  assert.equal(run.status, 2);
  const lines = run.out.trimEnd().split("\n");
  assert.equal(lines.length, 2);
  for (const line of lines) {
    assert.match(line, /^.+\.json:\d+:\d+: error CONFIG_INVALID \S+\/\S+ spec\.\S+: .+/);
  }
  assert.match(run.err, /^1 file: 2 errors, 0 warnings\n$/);

  await using good = await configured(signed);
  assert.deepEqual(await runCli(["check", good.path]), {
    status: 0,
    out: "",
    err: "1 file: 0 errors, 0 warnings\n",
  });
});

Deno.test("verify of a configuration with errors names them and verifies nothing", async () => {
  await using folder = await configured(signed, (text) => text.replace('"any"', '"Any"'));
  const run = await runCli(["verify", await image(signed), "-c", folder.path]);
  assert.deepEqual([run.status, run.out], [2, ""]);
  assert.match(run.err, /must be one of any, all; found "Any" \(did you mean any\?\)/);
});

Deno.test("version says what this is, and the project file agrees", async () => {
  const run = await runCli(["version"]);
  assert.equal(run.status, 0);
  assert.match(run.out, new RegExp(`^Version: +${VERSION}\nDeno version: +${Deno.version.deno}\n`));
  const project = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  assert.equal(project.version, VERSION);
});

Deno.test("help is shown for the program and for each command", async () => {
  for (const args of [[], ["help"], ["--help"], ["-h"]]) {
    const run = await runCli(args);
    assert.deepEqual([run.status, run.err], [0, ""]);
    assert.match(run.out, /Usage: assay COMMAND/);
  }
  for (const command of ["verify", "resolve", "discover", "check", "version"]) {
    const run = await runCli([command, "--help"]);
    assert.equal(run.status, 0);
    assert.match(run.out, new RegExp(`Usage: assay ${command}`));
    assert.deepEqual(await runCli(["help", command]), run);
  }
});

Deno.test("text from certificates and registries cannot drive the terminal", async () => {
  const hostile = "registry.example.com/a\u001b[2J\u202e:v1";
  const run = await runCli(["verify", hostile]);
  assert.equal(run.status, 2);
  // deno-lint-ignore no-control-regex -- the point of the test
  assert.doesNotMatch(run.out + run.err, /[\u001b\u202e]/);
});

Deno.test("a private key in the configuration is reported loudly and not repeated", async () => {
  const stores = new Map([[
    "ca:certs",
    "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n",
  ]]);
  const policy = signed.config.notation?.trustPolicy ?? {};
  const items = [...COMMON, ...notationResources(stores, { trustPolicyDoc: policy })];
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(
    `${folder.path}/r.json`,
    JSON.stringify({ apiVersion: "v1", kind: "List", items }),
  );
  const run = await runCli(["check", folder.path]);
  assert.equal(run.status, 2);
  assert.match(run.out, /CERT_INVALID KeyManagementProvider\/store-0 .*PRIVATE KEY.*leaked/);
  assert.doesNotMatch(run.out, /c2VjcmV0/);
});
