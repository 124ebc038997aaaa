import assert from "node:assert/strict";
import { AssayError } from "../errors.ts";
import { type Digest, digestOf, OCI_IMAGE_MANIFEST, parseReference } from "../oci/mod.ts";
import { createConfigPolicy, type PolicyProvider } from "../policy/mod.ts";
import type { ArtifactReport, ReferrerReport } from "../report/mod.ts";
import type { ArtifactStore, Referrer } from "../stores/mod.ts";
import { TrustSnapshot } from "../trust/mod.ts";
import type { Verifier, VerifierResult } from "../verifiers/mod.ts";
import { Nesting } from "./nested.ts";
import { ArtifactsVerification } from "./verify_artifacts.ts";

/*
 * What is attached to artifacts. An artifact here is a name: what comes before a colon is its type, and a
 * verifier accepts it unless it is called bad; "?" in a name leaves it undecided.
 */

type Tree = { readonly [name: string]: Tree };

const IMAGE = parseReference(`registry.example.com/app@${digest("image")}`);
const ANY = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });

function digest(name: string): Digest {
  return digestOf(new TextEncoder().encode(name));
}

/** A store whose listings are those of the tree. */
function storeOf(tree: Tree, replaced: Partial<ArtifactStore> = {}): ArtifactStore {
  const listings = new Map<string, Referrer[]>();
  const add = (subject: string, { ...children }: Tree): void => {
    listings.set(digest(subject), Object.keys(children).map(referrer));
    for (const [name, below] of Object.entries(children)) add(name, below);
  };
  add("image", tree);
  return {
    name: "memory",
    resolve: () => Promise.reject(new Error("not asked")),
    manifest: () => Promise.reject(new Error("not asked")),
    blob: () => Promise.reject(new Error("not asked")),
    referrers: ({ descriptor }) => Promise.resolve(listings.get(descriptor.digest) ?? []),
    ...replaced,
  };
}

function referrer(name: string): Referrer {
  const [artifactType = ""] = name.split(":");
  const size = name.length;
  return {
    mediaType: OCI_IMAGE_MANIFEST,
    digest: digest(name),
    size,
    artifactType,
    source: "referrer",
  };
}

const REFUSED = { reason: "expiry", remedy: "Sign again.", transient: false } as const;

/** A verifier of one type that accepts what is not called bad. */
function verifierOf(type: string, tree: Tree, replaced: Partial<Verifier> = {}): Verifier {
  const names = new Map(namesIn(tree).map((name) => [digest(name), name]));
  return {
    name: `${type}-verifier`,
    type: "notation",
    maxAttempts: 1000,
    accepts: (artifactType) => artifactType === type,
    verify: (_subject, { digest: found }) => {
      const name = names.get(found as Digest) ?? "";
      const outcome = name.includes("bad")
        ? "failure"
        : name.includes("?")
        ? "undecided"
        : "success";
      const transient = outcome === "undecided";
      return Promise.resolve({
        outcome,
        message: `${name} is a ${outcome}`,
        checks: [],
        ...(outcome === "success" ? {} : { failure: { ...REFUSED, transient } }),
      });
    },
    ...replaced,
  };
}

function namesIn(tree: Tree): string[] {
  return Object.entries(tree).flatMap(([name, below]) => [name, ...namesIn(below)]);
}

interface Setting {
  readonly store?: ArtifactStore;
  readonly policy?: PolicyProvider;
  readonly signal?: AbortSignal;
  readonly sbom?: Partial<Verifier>;
  readonly types?: readonly string[];
  readonly others?: readonly Verifier[];
}

/** The verification of the tree's image: documents of the type `sbom` must be signed by a `sig`. */
async function begin(tree: Tree, setting: Setting = {}): Promise<ArtifactsVerification> {
  const { store = storeOf(tree), policy = ANY, signal = new AbortController().signal } = setting;
  const subject = {
    reference: IMAGE,
    descriptor: { mediaType: OCI_IMAGE_MANIFEST, digest: digest("image"), size: 5 },
  };
  const found = await store.referrers(subject, { signal });
  const nestedReferences = setting.types ?? ["sig"];
  return new ArtifactsVerification({
    image: { name: "registry.example.com/app:v1", repository: "registry.example.com/app" },
    subject,
    referrers: found.map((each) => ({ store, referrer: each })),
    verifiers: [
      verifierOf("sbom", tree, { nestedReferences, ...setting.sbom }),
      verifierOf("sig", tree),
      ...setting.others ?? [],
    ],
    policy,
    nesting: Nesting.ofImage(),
  }, { signal, trust: new TrustSnapshot("test", new Map()), scope: "", now: new Date() });
}

async function reportOn(tree: Tree, setting: Setting = {}): Promise<ArtifactReport> {
  const verification = await begin(tree, setting);
  await verification.run();
  const [report] = verification.outcomes.artifacts;
  assert.ok(report);
  return report;
}

/** What is attached → outcome, and the reason where it is no success. */
const TABLE: readonly (readonly [string, Tree, string, string?])[] = [
  ["a signature", { "sbom:a": { "sig:1": {} } }, "success"],
  ["nothing", { "sbom:a": {} }, "failure", "nested.missing"],
  ["a bad signature", { "sbom:a": { "sig:bad": {} } }, "failure", "expiry"],
  ["a bad and a good one", { "sbom:a": { "sig:bad": {}, "sig:1": {} } }, "success"],
  ["an undecided one", { "sbom:a": { "sig:?": {} } }, "undecided", "expiry"],
  ["an undecided and a good one", { "sbom:a": { "sig:?": {}, "sig:1": {} } }, "success"],
  ["another thing", { "sbom:a": { "note:1": {} } }, "failure", "nested.missing"],
  ["a signature on a bad document", { "sbom:bad": { "sig:1": {} } }, "failure", "expiry"],
  ["a bad one on an undecided document", { "sbom:?": { "sig:bad": {} } }, "failure", "expiry"],
  ["an undecided one on a bad document", { "sbom:bad": { "sig:?": {} } }, "failure", "expiry"],
  ["a signature on an undecided document", { "sbom:?": { "sig:1": {} } }, "undecided", "expiry"],
  [
    "a document that is signed itself",
    { "sbom:a": { "sig:1": {}, "sbom:b": { "sig:2": {} } } },
    "success",
  ],
  [
    "a document that is not signed",
    { "sbom:a": { "sig:1": {}, "sbom:b": {} } },
    "failure",
    "nested.missing",
  ],
];

for (const [what, tree, outcome, reason] of TABLE) {
  Deno.test(`a document that must be signed, with ${what}: ${outcome}`, async () => {
    const report = await reportOn(tree);
    assert.deepEqual([report.outcome, report.failure?.reason], [outcome, reason]);
  });
}

Deno.test("nested reports say what they are about, and are part of the artifact's report", async () => {
  const report = await reportOn({ "sbom:a": { "sig:bad": {} } });
  const [nested] = report.nested ?? [];
  assert.equal(nested?.subject, `registry.example.com/app@${digest("sbom:a")}`);
  assert.equal(nested?.subjectDigest, digest("sbom:a"));
  assert.equal(nested?.referenceDigest, digest("sig:bad"));
  assert.match(report.message, /^nested verification failed: .*sig:bad is a failure$/);
  assert.deepEqual(report.checks.map(({ name, outcome }) => [name, outcome]), [[
    "attached",
    "failed",
  ]]);
});

Deno.test("the reason is not that of a verifier which judges another kind of artifact", async () => {
  const tree = { "sbom:a": { "sig:1": {} } };
  const other = verifierOf("sig", tree, {
    verify: () =>
      Promise.resolve({
        outcome: "failure",
        message: "another kind",
        checks: [],
        failure: { ...REFUSED, reason: "not_applicable" },
      }),
  });
  const report = await reportOn(tree, { others: [other], types: ["sig", "note"] });
  assert.deepEqual([report.outcome, report.failure?.reason], ["failure", "nested.missing"]);
});

Deno.test("the types that must be attached take the place of those that the policy lists", async () => {
  const policy = createConfigPolicy({
    artifactVerificationPolicies: { sbom: "any", sig: "all", default: "any" },
  });
  const outcome = async (tree: Tree, types?: readonly string[]): Promise<string> =>
    (await reportOn(tree, { policy, ...(types === undefined ? {} : { types }) })).outcome;
  assert.equal(await outcome({ "sbom:a": { "sig:1": {} } }), "success");
  assert.equal(await outcome({ "sbom:a": { "sig:1": {}, "sig:bad": {} } }), "failure");
  assert.equal(await outcome({ "sbom:a": { "sig:1": {} } }, ["sig", "note"]), "failure");
  assert.equal(await outcome({ "sbom:a": { "sig:1": {} } }, ["*"]), "success");
  assert.equal(await outcome({ "sbom:a": {} }, ["*"]), "failure");
});

Deno.test("what is attached is verified three levels below the image, and not deeper", async () => {
  const chain = (depth: number): Tree =>
    depth === 0 ? {} : { [`sbom:${depth}`]: { [`sig:${depth}`]: {}, ...chain(depth - 1) } };
  assert.equal((await reportOn(chain(2))).outcome, "success");
  const deep = await reportOn(chain(3));
  assert.deepEqual([deep.outcome, deep.failure?.reason], ["failure", "limit_exceeded"]);
});

Deno.test("at most 500 artifacts of artifacts are verified, and no group hides one that was not", async () => {
  const many = (name: string): Tree =>
    Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`sig:${name}${index}`, {}]));
  const policy = createConfigPolicy({ artifactVerificationPolicies: { default: "all" } });
  const tree = { "sbom:a": many("a"), "sbom:b": many("b"), "sbom:c": many("c") };
  const verification = await begin(tree, { policy });
  await verification.run();
  const { artifacts } = verification.outcomes;
  const successes = artifacts.flatMap(({ nested }) => nested ?? [])
    .filter(({ outcome }) => outcome === "success");
  assert.equal(successes.length, 500);
  assert.deepEqual(artifacts.map(({ failure }) => failure?.reason), [
    undefined,
    "limit_exceeded",
    "limit_exceeded",
  ]);
});

Deno.test("a listing that failed leaves the artifact undecided; one beyond a limit refuses it", async () => {
  const tree = { "sbom:a": { "sig:1": {} } };
  const failing = (code: "LIST_REFERRERS_FAILURE" | "LIMIT_EXCEEDED"): ArtifactStore => {
    const store = storeOf(tree);
    const error = new AssayError({ code, component: "referrerStore", message: "no listing" });
    return {
      ...store,
      referrers: (subject, options) =>
        subject.descriptor.digest === digest("image")
          ? store.referrers(subject, options)
          : Promise.reject(error),
    };
  };
  const open = await reportOn(tree, { store: failing("LIST_REFERRERS_FAILURE") });
  assert.deepEqual([open.outcome, open.failure?.reason], ["undecided", "nested.listing"]);
  assert.equal(open.failure?.transient, true);
  const refused = await reportOn(tree, { store: failing("LIMIT_EXCEEDED") });
  assert.deepEqual([refused.outcome, refused.failure?.reason], ["failure", "limit_exceeded"]);
});

Deno.test("at a deadline an artifact whose attachments are not known yet is undecided", async () => {
  const tree = { "sbom:a": { "sig:1": {} } };
  const store = storeOf(tree);
  const asked = Promise.withResolvers<void>();
  const slow: ArtifactStore = {
    ...store,
    referrers: (subject, options) => {
      if (subject.descriptor.digest === digest("image")) return store.referrers(subject, options);
      asked.resolve();
      return new Promise(() => {});
    },
  };
  const end = new AbortController();
  const verification = await begin(tree, { store: slow, signal: end.signal });
  const run = verification.run();
  await asked.promise;
  const [early] = verification.outcomes.artifacts;
  assert.deepEqual([early?.outcome, early?.failure?.reason], ["undecided", "deadline"]);
  end.abort();
  await run;
  const [late] = verification.outcomes.artifacts;
  assert.deepEqual([late?.outcome, late?.failure?.reason], ["undecided", "deadline"]);
  assert.equal(late?.failure?.transient, true);
});

Deno.test("at a deadline what is known of the attachments counts", async () => {
  const tree = { "sbom:a": { "sig:bad": {} } };
  const end = new AbortController();
  const verification = await begin(tree, {
    signal: end.signal,
    sbom: { verify: () => new Promise<VerifierResult>(() => {}) },
  });
  const run = verification.run();
  await new Promise((resolve) => setTimeout(resolve));
  end.abort();
  await run;
  const [report] = verification.outcomes.artifacts;
  assert.deepEqual([report?.outcome, report?.failure?.reason], ["failure", "expiry"]);
});

Deno.test("what is attached to an artifact is verified once, however many verifiers want it", async () => {
  const tree = { "sbom:a": { "sig:1": {} } };
  const store = storeOf(tree);
  const asked: string[] = [];
  const counting: ArtifactStore = {
    ...store,
    referrers: (subject, options) => {
      asked.push(subject.descriptor.digest);
      return store.referrers(subject, options);
    },
  };
  const other = verifierOf("sbom", tree, { nestedReferences: ["sig"] });
  const verification = await begin(tree, { store: counting, others: [other] });
  await verification.run();
  const { artifacts } = verification.outcomes;
  assert.deepEqual(artifacts.map(({ outcome }) => outcome), ["success", "success"]);
  assert.deepEqual(asked, [digest("image"), digest("sbom:a")]);
});

Deno.test("a verifier has the last word once what is attached satisfies the policy", async () => {
  const withNested: Verifier["withNested"] = (result, nested) => ({
    ...result,
    extensions: { nested: nested.map(({ outcome }) => outcome) },
  });
  const signed = await reportOn({ "sbom:a": { "sig:1": {} } }, { sbom: { withNested } });
  assert.deepEqual(signed.extensions, { nested: ["success"] });
  const unsigned = await reportOn({ "sbom:a": {} }, { sbom: { withNested } });
  assert.equal(unsigned.extensions, undefined);
});

/** A policy that judges a tree, as those in Rego and CEL do. */
const TREE: PolicyProvider = { ...ANY, type: "tree", judgesTree: true };

/** A tree as names and outcomes: `type[outcomes](what is attached)`. */
function told(referrers: readonly ReferrerReport[] | undefined): string {
  return (referrers ?? []).map(({ artifactType, reports, nested }) =>
    `${artifactType}[${reports.map(({ outcome }) => outcome)}](${told(nested)})`
  ).join(" ");
}

Deno.test("a tree has everything attached at three levels, whoever accepts it", async () => {
  const tree: Tree = {
    "other": { "sig:1": {} },
    "sbom": { "sig:bad": { "other:2": { "sig:4": {} } }, "other:3": {} },
  };
  const verification = await begin(tree, { policy: TREE });
  await verification.run();
  assert.equal(
    told(verification.outcomes.referrers),
    "other[](sig[success]()) sbom[failure](sig[failure](other[]()) other[]())",
  );
  assert.equal(verification.fault, undefined);
  const [, sbom] = verification.outcomes.referrers ?? [];
  assert.equal(sbom?.subject, "registry.example.com/app:v1");
  assert.equal(sbom?.nested[0]?.subject, `registry.example.com/app@${digest("sbom")}`);
});

Deno.test("a tree is there only for a policy that judges one", async () => {
  const verification = await begin({ sbom: { "sig:1": {} } });
  await verification.run();
  assert.equal(verification.outcomes.referrers, undefined);
  assert.equal(verification.fault, undefined);
});

Deno.test("a tree is not complete where a listing below failed, or has not come", async () => {
  const tree: Tree = { other: { "sig:1": {} } };
  const whole = storeOf(tree);
  const failing = storeOf(tree, {
    referrers: (subject, options) =>
      subject.descriptor.digest === digest("image")
        ? whole.referrers(subject, options)
        : Promise.reject(
          new AssayError({
            code: "LIST_REFERRERS_FAILURE",
            component: "referrerStore",
            message: "no",
          }),
        ),
  });
  const verification = await begin(tree, { policy: TREE, store: failing });
  assert.equal(verification.fault?.code, "DEADLINE_EXCEEDED");
  await verification.run();
  assert.equal(verification.fault?.code, "LIST_REFERRERS_FAILURE");
});

Deno.test("of a tree so many artifacts are looked below, and no more", async () => {
  const many = (count: number): Tree =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`other:${index}`, {}]));
  const most = await begin(many(200), { policy: TREE });
  await most.run();
  assert.equal(most.fault, undefined);
  const beyond = await begin(many(201), { policy: TREE });
  await beyond.run();
  assert.deepEqual([beyond.fault?.code, beyond.fault?.effect], ["LIMIT_EXCEEDED", "deny"]);
});
