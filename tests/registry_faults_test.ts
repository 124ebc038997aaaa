import assert from "node:assert/strict";
import { labRegistryProgram, startLabRegistry } from "./labreg.ts";
import { demoResourcesWith } from "./demo_images.ts";
import { askMutate, askVerify, startTestService } from "./service.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * What registries do wrong, seen from Gatekeeper's side: each fault gets its answer, in bounded time and
 * memory and never an allow, and the next request works.
 */

const program = await labRegistryProgram();
const path = "path" in program ? program.path : "";
const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";
const DEMO = `${import.meta.dirname}/../config/demo`;
const SIGNED_DIGEST = "sha256:9ad76de6f1c7713e8213139d9dba5453902c219bf7cdf57d7adda55bb7ca980e";

/**
 * Where the answer stands: undecided and worth asking again is a system error, undecided for good the
 * item's error, a limit that was reached a denial.
 */
type Row = "systemError" | "error" | "deny";

const FAULTS: readonly (readonly [fault: string, row: Row, expected: RegExp])[] = [
  [
    "429",
    "systemError",
    /GET_SUBJECT_DESCRIPTOR_FAILURE.*429.*left alone for (?:another )?1 s/,
  ],
  ["500", "systemError", /GET_SUBJECT_DESCRIPTOR_FAILURE.*500/],
  ["401", "error", /AUTH_DENIED.*user name and a password/],
  ["401-bearer", "error", /AUTH_DENIED.*401/],
  ["hang", "systemError", /DEADLINE_EXCEEDED.*was looking for/],
  ["drip", "systemError", /DEADLINE_EXCEEDED.*was looking for/],
  ["reset", "systemError", /GET_SUBJECT_DESCRIPTOR_FAILURE.*closed|reset|cannot be reached/],
  ["garbage", "systemError", /GET_SUBJECT_DESCRIPTOR_FAILURE.*digest/],
  ["redirect-loop", "error", /redirects more than 5 times/],
  ["redirect-away", "systemError", /127\.0\.0\.1:9 cannot be reached/],
  ["other-content", "systemError", /has the digest sha256:.*, not sha256:/],
  ["short", "systemError", /GET_SUBJECT_DESCRIPTOR_FAILURE/],
  ["type", "systemError", /has the digest sha256:/],
  ["many", "deny", /more artifacts are attached to the image than are read/],
  ["huge", "deny", /has 104857600 bytes; at most 4194304 are read/],
  ["huge-chunked", "deny", /more than the 4194304 bytes that are read/],
];

for (const [fault, row, expected] of FAULTS) {
  Deno.test({
    name: `a registry with the fault ${fault} gets the image ${
      { systemError: "a system error", error: "an item error", deny: "a denial" }[row]
    }, and the next request works${skipped}`,
    ignore: skipped !== "",
    fn: async () => {
      await using registry = await startLabRegistry(path);
      await registry.push(`${DEMO}/signed`, "signed");
      await using folder = await temporaryFolder();
      await using service = await startTestService({
        folder: folder.path,
        config: [await writeResources(folder.path, registry.host)],
        options: { timeouts: { verify: 2900, mutate: 950 } },
      });
      const key = `${registry.host}/signed@${SIGNED_DIGEST}`;
      await registry.set(`fault=${fault}`);
      const { status, json } = await askVerify(service.host, [key, "a b"]);
      assert.equal(status, 200);
      const items: { key: string; error?: string; value?: { isSuccess: boolean } }[] =
        json.response.items ?? [];
      const item = items.find((one) => one.key === key);
      assert.ok(items.some((one) => one.key === "a b" && one.error !== undefined), "others answer");
      const found = {
        systemError: json.response.systemError,
        error: item?.error,
        deny: item?.value === undefined ? undefined : JSON.stringify(item.value),
      };
      assert.match(found[row] ?? JSON.stringify(json), expected);
      assert.notEqual(item?.value?.isSuccess, true);
      if (row === "systemError") assert.equal(item, undefined, "nothing that could be kept");
      else assert.equal(json.response.systemError, undefined);
      const taken = await registry.written();
      assert.ok(taken < 32 * 1024 * 1024, `${taken} bytes were taken`);

      await registry.set("fault=");
      const again = await askVerify(service.host, [key]);
      // A denial is a verdict and stays for as long as verdicts do; another tag is another question.
      const allowed = row === "deny"
        ? await askVerify(service.host, [`${registry.host}/signed:v1`])
        : again;
      assert.equal(allowed.json.response.items?.[0]?.value?.isSuccess, true, allowed.text);
    },
  });
}

Deno.test({
  name:
    `a tag that cannot be resolved stays as it is, with an error, whatever the registry does${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry(path);
    await registry.push(`${DEMO}/signed`, "signed");
    await using folder = await temporaryFolder();
    await using service = await startTestService({
      folder: folder.path,
      config: [await writeResources(folder.path, registry.host)],
      options: { timeouts: { mutate: 950 } },
    });
    const key = `${registry.host}/signed:v1`;
    const cases = [["500", true], ["hang", true], ["401", false], [
      "redirect-loop",
      false,
    ]] as const;
    for (const [fault, transient] of cases) {
      await registry.set(`fault=${fault}`);
      const { json } = await askMutate(service.host, [key]);
      assert.equal(json.response.idempotent, true);
      assert.equal(json.response.items[0].value, key);
      assert.match(json.response.items[0].error, /^[A-Z_]+: /);
      assert.equal(json.response.systemError !== undefined, transient, fault);
    }
    await registry.set("fault=");
    const { json } = await askMutate(service.host, [key]);
    assert.equal(json.response.items[0].value, `${registry.host}/signed@${SIGNED_DIGEST}`);
  },
});

Deno.test({
  name: `a thousand requests for one new image are one verification${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry(path);
    await registry.push(`${DEMO}/signed`, "signed");
    await using folder = await temporaryFolder();
    await using service = await startTestService({
      folder: folder.path,
      config: [await writeResources(folder.path, registry.host)],
      plain: true,
      options: { timeouts: { verify: 30_000 } },
    });
    await registry.set("latency=300ms");
    await registry.requests();
    const keys = new Array(250).fill(`${registry.host}/signed@${SIGNED_DIGEST}`);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => askVerify(service.host, keys, { plain: true })),
    );
    for (const { json } of answers) {
      assert.equal(json.response.items.length, 250);
      for (const { value } of json.response.items) assert.equal(value.isSuccess, true);
    }
    assert.equal(await registry.requests(), 4);
    assert.equal(service.log.filter((line) => line.includes("source=computed")).length, 1);
  },
});

/** Writes the demo's resources for images of one registry; returns the path. */
function writeResources(folder: string, host: string): Promise<string> {
  return demoResourcesWith(folder, { plainHttp: [host] });
}
