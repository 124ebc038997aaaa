import assert from "node:assert/strict";
import { VERIFY_PATH } from "../src/server/mod.ts";
import { compileRuntime, runProgram, serveProgram } from "./binary.ts";
import { assembleImage, mayAssemble, readDockerfile } from "./container.ts";
import { DEMO_SIGNED, DEMO_UNSIGNED, demoResources } from "./demo_images.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * What is handed out: the bundle, the standalone binary, and the container's file system.
 */

const PROJECT = new URL("../", import.meta.url).pathname;
const MIB = 1024 * 1024;
const VERIFY = ["--config", "config/demo/resources.yaml"];

Deno.test("the bundle needs neither packages nor configuration of Deno", async () => {
  await using folder = await temporaryFolder();
  const env = Deno.env.toObject();
  const args = ["run", "--frozen", "--no-check", "--quiet", "--allow-all", "tools/bundle.ts"];
  const made = await runProgram(Deno.execPath(), [...args, folder.path], env);
  assert.equal(made.status, 0, made.err);
  const away = ["run", "--no-config", "--no-lock", "--no-npm", "--no-remote", "--allow-all"];
  const bundle = [...away, `${folder.path}/assay.js`];
  const version = await runProgram(Deno.execPath(), [...bundle, "version"]);
  assert.match(version.out, /^Version: +\d/, version.err);
  const denied = await runProgram(Deno.execPath(), [
    ...[...bundle, "verify", "oci:config/demo/unsigned:v1", ...VERIFY],
  ]);
  assert.equal(denied.status, 1, denied.err);
  const rego = await runProgram(Deno.execPath(), [
    ...[...bundle, "check", "config/samples/rego-policy.yaml"],
  ]);
  assert.equal(rego.status, 0, rego.out + rego.err);

  // With `import { z }` in place of `import * as z`, zod comes with its messages in 50 languages.
  const text = await Deno.readTextFile(`${folder.path}/assay.js`);
  assert.doesNotMatch(text, /\\u0E[0-7]|[\u0E00-\u0E7F]/i, "Thai");

  const licences = await Deno.readTextFile(`${folder.path}/LICENSES`);
  const named = licences.split(`\n${"-".repeat(80)}\n\n`).map((text) => text.split("\n", 1)[0]);
  assert.equal(named[0], "Assay");
  const { imports } = JSON.parse(await Deno.readTextFile(`${PROJECT}deno.json`));
  for (const name of ["hono", "zod", "yaml", "prom-client"]) {
    assert.ok(named.includes(imports[name].replace("npm:", "").replace("@", " ")), name);
  }
  assert.ok(named.some((name) => name?.startsWith("regorus ")), "crates of the Rego interpreter");
  for (const name of ["fast-check", "pkijs"]) { // of tests only
    assert.ok(!licences.includes(`\n${name} `), name);
  }
});

Deno.test("dev compile takes Deno from 2.7.11 up to 3, and says what is missing when it fails", async () => {
  await using folder = await temporaryFolder();
  const deno = `${folder.path}/deno`;
  const compile = async (version: string, more: Record<string, string>): Promise<string> => {
    const script = `#!/bin/sh
case $1 in
  --version) echo "deno ${version} (stable)" ;;
  run) for scratch; do :; done; : >"$scratch/assay.js" ;;
  compile) echo "permissions:$(for arg; do case $arg in --allow-*) printf ' %s' "$arg" ;; esac; done)" >&2
    echo "error: nothing there" >&2; echo "Stack backtrace:" >&2; exit 1 ;;
esac
`;
    await Deno.writeTextFile(deno, script, { mode: 0o755 });
    const env = { PATH: Deno.env.get("PATH") ?? "", DENO: deno, DENO_DIR: folder.path, ...more };
    const { status, out, err } = await runProgram(
      `${PROJECT}dev`,
      ["compile", `${folder.path}/dist`],
      env,
    );
    assert.deepEqual([status, out], [2, ""]);
    return err;
  };
  for (const refused of ["1.46.3", "2.6.99", "2.7.10", "3.0.0"]) {
    assert.match(await compile(refused, {}), /^dev: DENO=.* is not Deno 2\.7\.11 or newer/);
  }
  for (const taken of ["2.7.11", "2.9.6", "2.10.0"]) {
    assert.match(
      await compile(taken, {}),
      /^error: nothing there\ndev: could not compile the program\ndev: .* set DENORT_BIN=/m,
    );
  }
  const given = await compile("2.9.6", { DENORT_BIN: "/nowhere/denort" });
  assert.match(given, /error: nothing there\ndev: could not compile the program\n$/);
  assert.match(
    given,
    /^permissions: --allow-net --allow-read --allow-write=\/var\/lib\/assay --allow-env=\S+$/m,
  );
  const plugins = { ASSAY_PLUGINS: "/plugins/notation-a,/plugins/notation-b" };
  const wider = await compile("2.9.6", { ASSAY_STATE_DIR: "/state", ...plugins });
  assert.match(
    wider,
    / --allow-write=\/state --allow-env=\S+ --allow-run=\/plugins\/notation-a,\/plugins\/notation-b$/m,
  );
});

const runtime = await compileRuntime();

if (runtime !== "no tool") {
  const skipped = "missing" in runtime ? ` (skipped: ${runtime.missing})` : "";
  const pair = "missing" in runtime ? { deno: "", denort: "" } : runtime;
  const folder = `${PROJECT}.work/binary`;
  const binary = `${folder}/assay`;
  const compile = async (into: string): Promise<void> => {
    const pinned = { DENO: pair.deno, DENORT_BIN: pair.denort };
    const env = { ...Deno.env.toObject(), ASSAY_STATE_DIR: "", ASSAY_PLUGINS: "", ...pinned };
    const { status, err } = await runProgram(`${PROJECT}dev`, ["compile", into], env);
    assert.equal(status, 0, err);
    assert.match(err, /\ndev: this runtime does not check client certificates; .*\n$/);
  };
  const test = (name: string, fn: () => Promise<void>): void =>
    Deno.test({ name: `${name}${skipped}`, ignore: skipped !== "", fn });

  test("dev compile makes the same binary each time, within 12 MiB of its runtime", async () => {
    await compile(folder);
    await using other = await temporaryFolder();
    await compile(other.path);
    const bytes = await Deno.readFile(binary);
    const again = await Deno.readFile(`${other.path}/assay`);
    assert.ok(bytes.length === again.length && bytes.every((byte, at) => byte === again[at]));
    assert.ok(bytes.length - (await Deno.stat(pair.denort)).size < 12 * MIB);
    assert.equal(await Deno.readLink(`${folder}/ratify`), "assay");
  });

  test("the binary has the permissions of dev assay and no others", async () => {
    const bytes = await Deno.readFile(binary);
    const added = new TextDecoder().decode(bytes.subarray((await Deno.stat(pair.denort)).size));
    const { permissions, argv } = JSON.parse(/\{"argv":.*\}(?=\0)/.exec(added)?.[0] ?? "");
    const lines = (await Deno.readTextFile(`${PROJECT}dev`)).match(/^ENVIRONMENT=.*$/gm) ?? [];
    const list = await runProgram("/bin/sh", ["-c", `${lines.join("\n")}\necho "$ENVIRONMENT"`]);
    const granted = Object.entries(permissions).filter(([name, value]) =>
      value !== null && name !== "allow_import"
    );
    assert.deepEqual(Object.fromEntries(granted), {
      allow_env: list.out.trim().split(","),
      allow_net: [],
      allow_read: [],
      allow_write: ["/var/lib/assay"],
      deny_import: [], // of all, which comes before what is allowed
      prompt: false,
    });
    assert.deepEqual(argv, []);
  });

  test("the binary verifies, checks, and says what it is", async () => {
    const version = await runProgram(binary, ["version"]);
    assert.match(version.out, /^Version: +\d.*\nDeno version: 2\.7\.11\n/, version.err);
    for (const [image, status] of [["signed", 0], ["unsigned", 1], ["tampered", 1]] as const) {
      const run = await runProgram(binary, ["verify", `oci:config/demo/${image}:v1`, ...VERIFY]);
      assert.equal(run.status, status, run.out + run.err);
    }
    const good = await runProgram(binary, ["check", "config/demo/resources.yaml"]);
    assert.equal(good.status, 0, good.out + good.err);
    for (const policy of ["rego", "cel"]) {
      const sample = await runProgram(binary, ["check", `config/samples/${policy}-policy.yaml`]);
      assert.equal(sample.status, 0, sample.out + sample.err);
    }
    await using scratch = await temporaryFolder();
    await Deno.writeTextFile(`${scratch.path}/wrong.yaml`, "kind: Nothing\n");
    const bad = await runProgram(binary, ["check", `${scratch.path}/wrong.yaml`]);
    assert.equal(bad.status, 2, bad.out + bad.err);
    assert.match(bad.out, /wrong\.yaml:1:\d+: error /);
  });

  test("the binary serves over plain HTTP, with metrics", async () => {
    await using scratch = await temporaryFolder();
    const config = await demoResources(scratch.path);
    await using service = await serveProgram(binary, serveArguments(config));
    await assertServes(service.addresses);
    assert.equal(await service.stop(), 0);
  });

  test("the binary does not ask clients for certificates where its runtime cannot", async () => {
    const args = ["serve", "--ca-cert-file", "any.crt", "--cert-dir", "any"];
    const { status, out, err } = await runProgram(binary, args);
    assert.deepEqual([status, out], [2, ""]);
    assert.match(err, /Client certificates need Deno 2\.7\.14 or newer; this is 2\.7\.11/);
  });

  if (skipped !== "" || await mayAssemble()) {
    test("the container's files are all that Assay needs, read-only and as nobody", async () => {
      await using scratch = await temporaryFolder();
      const image = await assembleImage(scratch.path, { dist: folder });
      const { entrypoint } = image;
      for (const program of [entrypoint, "assay", "ratify", "/app/ratify"]) {
        const version = await image.run([program, "version"]);
        assert.match(version.out, /^Version: +\d/, version.err);
      }

      // As a cluster mounts it: folders of somebody else.
      const resources = await Deno.readTextFile(`${PROJECT}config/demo/resources.yaml`);
      await image.mount("/etc/assay/config/resources.yaml", {
        text: resources.replaceAll(": config/demo/", ": /images/"),
      });
      await image.mount("/images", { folder: `${PROJECT}config/demo` });
      const config = "/etc/assay/config";
      const checked = await image.run([entrypoint, "check", config]);
      assert.equal(checked.status, 0, checked.out + checked.err);
      await using service = await image.serve([entrypoint, ...serveArguments(config)]);
      await assertServes(service.addresses);
      assert.equal(await service.stop(), 0);
    });
  }
}

Deno.test("the image is made of one folder on a base of a fixed tag, for a user without rights", async () => {
  const { base, user, copies, entrypoint } = await readDockerfile();
  assert.match(base, /^gcr\.io\/distroless\/cc-debian\d+:nonroot$/);
  assert.equal(user, "65532:65532");
  assert.deepEqual(copies, [{ from: "dist/", to: "/app/" }]);
  assert.equal(entrypoint, "/app/assay");
});

/** `serve` on free ports of the loopback address. */
function serveArguments(config: string): string[] {
  return [
    ...["serve", "--insecure-http", "--http", "127.0.0.1:0", "--config", config],
    ...["--health-port", "127.0.0.1:0", "--metrics-enabled", "--metrics-port", "0"],
  ];
}

async function assertServes(addresses: ReadonlyMap<string, string>): Promise<void> {
  const answer = await fetch(`http://${addresses.get("provider")}${VERIFY_PATH}`, {
    method: "POST",
    body: JSON.stringify({
      apiVersion: "externaldata.gatekeeper.sh/v1beta1",
      kind: "ProviderRequest",
      request: { keys: [DEMO_SIGNED, DEMO_UNSIGNED] },
    }),
  });
  const { response } = await answer.json();
  assert.deepEqual(
    response.items.map(({ value }: { value: { isSuccess: boolean } }) => value.isSuccess),
    [true, false],
  );
  const ready = await fetch(`http://${addresses.get("health")}/readyz`);
  assert.equal((await ready.json()).ready, true);
  const metrics = await fetch(`http://${addresses.get("metrics")}/metrics`);
  assert.match(await metrics.text(), /^ratify_verification_request_count|^# HELP /m);
}
