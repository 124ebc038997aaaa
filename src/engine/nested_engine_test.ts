import assert from "node:assert/strict";
import { type Digest, digestOf, OCI_IMAGE_MANIFEST, parseReference } from "../oci/mod.ts";
import { allReports, createConfigPolicy, type PolicyProvider } from "../policy/mod.ts";
import type { Configuration } from "../resources/mod.ts";
import type { ArtifactStore, Referrer } from "../stores/mod.ts";
import { TrustSnapshot } from "../trust/mod.ts";
import type { Verifier } from "../verifiers/mod.ts";
import { Engine } from "./engine.ts";

/*
 * What is remembered of an image whose document must be signed: listings of both levels, and the verdict
 * until the signature on the document may have ceased to hold.
 */

const LISTING_TTL = 100_000;
const VERDICT_TTL = 50_000;
const IMAGE = `registry.example.com/app@${digest("image")}`;

function digest(text: string): Digest {
  return digestOf(new TextEncoder().encode(text));
}

function referrer(artifactType: string): Referrer {
  const size = artifactType.length;
  return {
    mediaType: OCI_IMAGE_MANIFEST,
    digest: digest(artifactType),
    size,
    artifactType,
    source: "referrer",
  };
}

interface World {
  time: number;
  listings: string[];
  verified: number;
  isSigned: boolean;
  verify(): Promise<string | undefined>;
}

const ANY = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });

/** A policy that judges a tree: everything in it must be good. */
const TREE: PolicyProvider = {
  type: "tree",
  judgesTree: true,
  decide: ({ referrers = [] }) =>
    allReports(referrers).every(({ outcome }) => outcome === "success")
      ? { decision: "allow", explanation: "" }
      : { decision: "deny", explanation: "not all is good" },
};

/** An engine over an image with a document that has a signature, good until `end`. */
function world(end: number, policy: PolicyProvider = ANY): World {
  const state: World = { time: 1000, listings: [], verified: 0, isSigned: true, verify };
  const attached = new Map([
    [digest("image"), () => [referrer("sbom")]],
    [digest("sbom"), () => state.isSigned ? [referrer("sig")] : []],
  ]);
  const store: ArtifactStore = {
    name: "memory",
    resolve: () =>
      Promise.resolve({
        reference: parseReference(IMAGE),
        descriptor: { mediaType: OCI_IMAGE_MANIFEST, digest: digest("image"), size: 5 },
      }),
    referrers: ({ descriptor }) => {
      state.listings.push(descriptor.digest === digest("image") ? "image" : "sbom");
      return Promise.resolve(attached.get(descriptor.digest)?.() ?? []);
    },
    manifest: () => Promise.reject(new Error("not asked")),
    blob: () => Promise.reject(new Error("not asked")),
  };
  const verifierOf = (type: string, more: Partial<Verifier>): Verifier => ({
    name: type,
    type,
    maxAttempts: 10,
    accepts: (artifactType) => artifactType === type,
    verify: () => Promise.resolve({ outcome: "success", message: "", checks: [] }),
    ...more,
  });
  const verifiers = [
    verifierOf("sbom", policy === ANY ? { nestedReferences: ["sig"] } : {}),
    verifierOf("sig", {
      verify: (_subject, _referrer, { now }) => {
        state.verified++;
        return Promise.resolve(
          now.getTime() < end
            ? { outcome: "success", message: "", checks: [], validUntil: new Date(end) }
            : {
              outcome: "failure",
              message: "expired",
              checks: [],
              failure: { reason: "expiry", remedy: "", transient: false },
            },
        );
      },
    }),
  ];
  const configured = { name: "store", identity: "store", listingTtl: LISTING_TTL };
  const stores = [{ ...configured, type: "oras" as const, parameters: {} as never }];
  const configuration: Configuration = {
    generation: "test",
    trust: new TrustSnapshot("test", new Map()),
    stores,
    tufRepositories: [],
    fetchedProviders: [],
    executor: { verifyTimeoutMs: 1000, mutateTimeoutMs: 1000 },
    logger: { formatter: "text", traceIdHeaders: [] },
    crlCacheEnabled: false,
    tenancy: "replace",
    scopesOf: (scope) => [scope],
    forScope: () => ({ stores, verifiers, policy }),
  };
  const engine = new Engine({
    openStore: () => ({ store }),
    now: () => new Date(state.time),
    monotonic: () => state.time,
    verdictTtl: VERDICT_TTL,
    tagTtl: 0,
    maxCacheBytes: 1_000_000,
  });
  async function verify(): Promise<string | undefined> {
    const { signal } = new AbortController();
    const verdict = (await engine.verify(IMAGE, { configuration, signal })).report?.verdict;
    return verdict?.verdict === "deny" ? `deny: ${verdict.cause.detail}` : verdict?.verdict;
  }
  return state;
}

Deno.test("a verdict is not given again once the signature on a document may have ceased to hold", async () => {
  const one = world(5000);
  assert.equal(await one.verify(), "allow");
  one.time = 4999;
  assert.deepEqual([await one.verify(), one.verified], ["allow", 1]);
  one.time = 5000;
  assert.match(await one.verify() ?? "", /^deny: .*expired$/);
  assert.equal(one.verified, 2);
});

Deno.test("listings of what is attached to documents are remembered like those of images", async () => {
  const one = world(1e12);
  assert.equal(await one.verify(), "allow");
  assert.deepEqual(one.listings, ["image", "sbom"]);
  one.isSigned = false;
  one.time += VERDICT_TTL; // the verdict is old; the listings are not
  assert.equal(await one.verify(), "allow");
  assert.deepEqual([one.listings.length, one.verified], [2, 2]);
  one.time += LISTING_TTL;
  assert.match(await one.verify() ?? "", /^deny: /);
  assert.deepEqual(one.listings, ["image", "sbom", "image", "sbom"]);
});

Deno.test("a verdict on a tree holds as long as the reports at all its levels, and names what failed there", async () => {
  const one = world(5000, TREE);
  assert.equal(await one.verify(), "allow");
  one.time = 4999;
  assert.deepEqual([await one.verify(), one.verified], ["allow", 1]);
  one.time = 5000;
  assert.deepEqual([await one.verify(), one.verified], ["deny: expired", 2]);
});
