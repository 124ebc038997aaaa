import assert from "node:assert/strict";
import type { RecordedQuestion } from "../engine/mod.ts";
import type { Certificate } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import type { ImageReport } from "../report/mod.ts";
import type { Configuration } from "../resources/mod.ts";
import type { RevocationStatus } from "../trust/mod.ts";
import { PluginError, type PluginHost, type PluginRequest } from "../verifiers/mod.ts";
import { recordedPlugins } from "./plugin_record.ts";
import { type VerificationRecord, verificationRecord } from "./record.ts";
import { recordedRevocation } from "./recorded_revocation.ts";
import { startRecording } from "./recording.ts";

const QUESTION: RecordedQuestion = {
  request: {
    name: "registry.test/app:1",
    reference: { registry: "registry.test", repository: "app", tag: "1" },
    repository: "registry.test/app",
    scope: "",
  },
  configuration: {
    generation: "g",
    trust: { generation: "t" },
    forScope: () => ({ stores: [], verifiers: [], policy: undefined }),
  } as unknown as Configuration,
  now: new Date("2026-11-24T12:00:00Z"),
};

const REPORT: ImageReport = {
  reference: "registry.test/app:1",
  digest: undefined,
  verdict: {
    verdict: "undecided",
    cause: new AssayError({ code: "UNKNOWN", component: "executor", message: "x" }),
  },
  artifacts: [],
  ignored: [],
};

const CERTIFICATES = ["aa", "bb", "cc"].map((fingerprint) =>
  ({ fingerprint, ocspUrls: ["http://ocsp.test"], crlUrls: [] }) as unknown as Certificate
);
const [LEAF, ISSUER, OTHER] = CERTIFICATES as [Certificate, Certificate, Certificate];
const ASKED = {
  now: new Date(),
  signal: new AbortController().signal,
  allowedHosts: [],
  staleWhileUnreachable: 0,
};

/** What is written of a verification that does `work`. */
async function recordOf(
  work: (recording: ReturnType<typeof startRecording>) => Promise<unknown>,
): Promise<VerificationRecord> {
  const lines: string[] = [];
  const sink = { keep: () => {}, write: (line: string) => lines.push(line) };
  const recording = startRecording(QUESTION, sink);
  await work(recording);
  recording.done(REPORT);
  return verificationRecord.parse(JSON.parse(lines[0] ?? ""));
}

Deno.test("a record has what responders said, dates included, and a replay hears the same", async () => {
  const date = new Date("2026-11-24T00:00:00Z");
  const statuses: readonly RevocationStatus[] = [
    { kind: "notRevocable" },
    { kind: "unavailable", problem: "nobody answers" },
    {
      kind: "answered",
      stale: true,
      answer: {
        status: "revoked",
        source: "http://ocsp.test",
        protocol: "OCSP",
        thisUpdate: date,
        nextUpdate: date,
        revokedAt: date,
        reason: "keyCompromise",
        invalidityDate: date,
      },
    },
    {
      kind: "answered",
      stale: false,
      answer: { status: "good", source: "x", protocol: "CRL", thisUpdate: date, nextUpdate: date },
    },
  ];
  for (const status of statuses) {
    const { revocation } = await recordOf(async (recording) => {
      const checker = recording.revocation({ check: () => Promise.resolve(status) });
      assert.deepEqual(await checker?.check(LEAF, ISSUER, ASKED), status);
    });
    const missing: string[] = [];
    const again = recordedRevocation(revocation, (what) => missing.push(what));
    assert.deepEqual(await again.check(LEAF, ISSUER, ASKED), status);
    assert.deepEqual(missing, []);
    assert.equal((await again.check(OTHER, ISSUER, ASKED)).kind, "unavailable");
    assert.equal((await again.check(LEAF, OTHER, ASKED)).kind, "unavailable");
    assert.equal(missing.length, 2);
  }
});

Deno.test("a record has what plugins answered to which question, and a replay hears the same", async () => {
  const { signal } = new AbortController();
  const request = { contractVersion: "1.0", signature: { a: 1 } } as unknown as PluginRequest;
  const other = { contractVersion: "1.0", signature: { a: 2 } } as unknown as PluginRequest;
  const host: PluginHost = {
    find: (name) =>
      Promise.resolve(
        name === "absent" ? "there is none" : {
          metadata: () => Promise.resolve({ name }),
          verify: () =>
            name === "good"
              ? Promise.resolve({ ok: [1] })
              : Promise.reject(new PluginError("revoked", "refuses")),
        },
      ),
  };
  const { plugins } = await recordOf(async (recording) => {
    const noting = recording.plugins(host);
    for (const name of ["good", "bad", "absent"]) {
      const plugin = await noting?.find(name);
      if (typeof plugin === "string" || plugin === undefined) continue;
      await plugin.metadata(signal);
      await plugin.verify(request, signal).catch(() => {});
    }
  });
  const missing: string[] = [];
  const again = recordedPlugins(plugins, (what) => missing.push(what));
  assert.equal(await again.find("absent"), "there is none");
  const good = await again.find("good");
  const bad = await again.find("bad");
  assert.ok(typeof good !== "string" && typeof bad !== "string");
  assert.deepEqual(await good.metadata(signal), { name: "good" });
  assert.deepEqual(await good.verify(request, signal), { ok: [1] });
  await assert.rejects(bad.verify(request, signal), { message: "revoked", refuses: true });
  assert.deepEqual(missing, []);
  await assert.rejects(good.verify(other, signal), PluginError);
  const unknown = await again.find("unknown");
  assert.ok(typeof unknown !== "string");
  await assert.rejects(unknown.metadata(signal), PluginError);
  assert.deepEqual(missing, ["what plugin good answers", "what plugin unknown answers"]);
});
