import assert from "node:assert/strict";
import { AssayError } from "../errors.ts";
import { digestOf, OCI_IMAGE_MANIFEST, parseReference } from "../oci/mod.ts";
import { createConfigPolicy } from "../policy/mod.ts";
import type { ImageReport } from "../report/mod.ts";
import type { Configuration, ScopeConfiguration } from "../resources/mod.ts";
import type { ArtifactStore, Referrer, Subject } from "../stores/mod.ts";
import { TrustSnapshot } from "../trust/mod.ts";
import type { Verifier, VerifierResult } from "../verifiers/mod.ts";
import { verifyImage } from "./verify_image.ts";

const TYPE = "application/vnd.example.signature";
const IMAGE = parseReference(`registry.example.com/app@${digest("image")}`);

function digest(text: string): ReturnType<typeof digestOf> {
  return digestOf(new TextEncoder().encode(text));
}

function referrer(text: string, artifactType = TYPE): Referrer {
  return {
    mediaType: OCI_IMAGE_MANIFEST,
    digest: digest(text),
    size: text.length,
    artifactType,
    source: "referrer",
  };
}

/** A store in memory whose referrers are named by texts; any method can be replaced. */
function store(names: readonly string[], replaced: Partial<ArtifactStore> = {}): ArtifactStore {
  const subject: Subject = {
    reference: IMAGE,
    descriptor: { mediaType: OCI_IMAGE_MANIFEST, digest: digest("image"), size: 5 },
  };
  return {
    name: "memory",
    resolve: () => Promise.resolve(subject),
    referrers: () => Promise.resolve(names.map((name) => referrer(name))),
    manifest: (_subject, descriptor) =>
      Promise.resolve({
        descriptor,
        bytes: new Uint8Array(),
        manifest: {
          kind: "image",
          mediaType: OCI_IMAGE_MANIFEST,
          artifactType: TYPE,
          blobs: [],
          manifests: [],
          subject: subject.descriptor,
          annotations: {},
        },
      }),
    blob: () => Promise.resolve(new TextEncoder().encode("blob")),
    ...replaced,
  };
}

const SUCCESS: VerifierResult = { outcome: "success", message: "good", checks: [] };
const FAILURE: VerifierResult = {
  outcome: "failure",
  message: "bad",
  checks: [],
  failure: { reason: "expiry", remedy: "sign again", transient: false },
};

/** A verifier that accepts the artifacts whose digests are those of the names. */
function verifier(good: readonly string[], replaced: Partial<Verifier> = {}): Verifier {
  const digests = good.map(digest);
  return {
    name: "signatures",
    type: "test",
    maxAttempts: 100,
    accepts: (type) => type === TYPE,
    verify: async (_subject, { digest: found }, { artifacts }) => {
      await artifacts.manifest();
      return digests.includes(found) ? SUCCESS : FAILURE;
    },
    ...replaced,
  };
}

function configuration(
  verifiers: readonly Verifier[],
  replaced: Partial<ScopeConfiguration> = {},
): Configuration {
  const policy = createConfigPolicy({ artifactVerificationPolicies: { default: "any" } });
  const store = { name: "store", identity: "store", listingTtl: 0 };
  const stores = [{ ...store, type: "oras" as const, parameters: {} as never }];
  return {
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
    forScope: () => ({ stores, verifiers, policy, ...replaced }),
  };
}

function verify(
  stores: readonly ArtifactStore[],
  verifiers: readonly Verifier[],
  signal = new AbortController().signal,
  artifactTypes?: readonly string[],
): Promise<ImageReport> {
  const request = {
    reference: IMAGE,
    repository: "registry.example.com/app",
    name: "registry.example.com/app:v1",
    scope: "",
    stores: () => Promise.resolve(stores),
    ...(artifactTypes === undefined ? {} : { artifactTypes }),
  };
  return verifyImage(request, configuration(verifiers), { signal, now: new Date() });
}

function cause(report: ImageReport): AssayError {
  assert.notEqual(report.verdict.verdict, "allow");
  return (report.verdict as { cause: AssayError }).cause;
}

function failure(code: AssayError["code"]): () => Promise<never> {
  return () =>
    Promise.reject(
      new AssayError({ code, component: "referrerStore", message: `${code} happened` }),
    );
}

Deno.test("verifyImage allows an image with one good artifact among bad ones", async () => {
  const report = await verify([store(["a", "b", "c"])], [verifier(["b"])]);
  assert.equal(report.verdict.verdict, "allow");
  assert.equal(report.digest, digest("image"));
  assert.deepEqual(report.artifacts.map(({ outcome }) => outcome), [
    "failure",
    "success",
    "failure",
  ]);
  assert.equal(report.artifacts[0]?.subject, "registry.example.com/app:v1");
  assert.equal(report.artifacts[0]?.subjectDigest, digest("image"));
});

Deno.test("verifyImage denies an image to which nothing is attached", async () => {
  const report = await verify([store([])], [verifier([])]);
  assert.equal(report.verdict.verdict, "deny");
  assert.equal(cause(report).code, "NO_VERIFIER_REPORT");
});

Deno.test("verifyImage denies an image whose artifacts no verifier accepts, and names them", async () => {
  const other = store([], {
    referrers: () => Promise.resolve([referrer("x", "application/other")]),
  });
  const report = await verify([other], [verifier(["x"])]);
  assert.equal(cause(report).code, "NO_VERIFIER_REPORT");
  assert.deepEqual(report.ignored.map(({ artifactType }) => artifactType), ["application/other"]);
});

Deno.test("verifyImage lets every verifier judge what it accepts, in order", async () => {
  const verifiers = [verifier([]), verifier(["a"], { name: "second" })];
  const report = await verify([store(["a"])], verifiers);
  assert.deepEqual(report.artifacts.map(({ verifierName }) => verifierName), [
    "signatures",
    "second",
  ]);
  assert.equal(report.verdict.verdict, "allow");
});

Deno.test("verifyImage denies what lies beyond the limit of attempts, and says so once", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const report = await verify([store(names)], [verifier(["e"], { maxAttempts: 3 })]);
  assert.equal(report.verdict.verdict, "deny");
  assert.equal(cause(report).code, "LIMIT_EXCEEDED");
  assert.equal(report.artifacts.length, 4);
  const enough = await verify([store(names)], [verifier(["c"], { maxAttempts: 3 })]);
  assert.equal(enough.verdict.verdict, "allow");
});

Deno.test("verifyImage is undecided when the image cannot be found or read", async () => {
  const unknown = await verify([store([], { resolve: failure("REPOSITORY_OPERATION_FAILURE") })], [
    verifier([]),
  ]);
  assert.equal(unknown.verdict.verdict, "undecided");
  assert.equal(cause(unknown).transient, false);
  const damaged = await verify(
    [store([], { resolve: failure("GET_SUBJECT_DESCRIPTOR_FAILURE") })],
    [verifier([])],
  );
  assert.equal(cause(damaged).transient, true);
});

Deno.test("verifyImage asks the next store when one does not have the image", async () => {
  const without = store([], {
    resolve: failure("REPOSITORY_OPERATION_FAILURE"),
    referrers: () => Promise.resolve([]),
  });
  const report = await verify([without, store(["a"])], [verifier(["a"])]);
  assert.equal(report.verdict.verdict, "allow");
});

Deno.test("verifyImage is undecided when a listing failed, unless enough was found", async () => {
  const failing = store([], { referrers: failure("LIST_REFERRERS_FAILURE") });
  const report = await verify([failing], [verifier([])]);
  assert.equal(report.verdict.verdict, "undecided");
  assert.equal(cause(report).code, "LIST_REFERRERS_FAILURE");
  const enough = await verify([failing, store(["a"])], [verifier(["a"])]);
  assert.equal(enough.verdict.verdict, "allow");
});

Deno.test("verifyImage denies when more is attached than may be", async () => {
  const report = await verify([store([], { referrers: failure("LIMIT_EXCEEDED") })], [
    verifier([]),
  ]);
  assert.equal(report.verdict.verdict, "deny");
  assert.equal(cause(report).code, "LIMIT_EXCEEDED");
});

Deno.test("verifyImage verifies an artifact once that two stores list", async () => {
  const report = await verify([store(["a"]), store(["a"])], [verifier(["a"])]);
  assert.equal(report.artifacts.length, 1);
});

Deno.test("verifyImage judges each artifact on its own when one cannot be read", async () => {
  const { manifest } = store([]);
  const damaged = store(["a", "b"], {
    manifest: (subject, descriptor, options) =>
      descriptor.digest === digest("a")
        ? failure("GET_REFERRER_MANIFEST_FAILURE")()
        : manifest(subject, descriptor, options),
  });
  const reading = verifier(["a", "b"], {
    verify: async (_subject, _referrer, { artifacts }) => {
      try {
        await artifacts.manifest();
        return SUCCESS;
      } catch (error) {
        assert.ok(error instanceof Error && error.name === "VerificationFailure");
        return {
          ...FAILURE,
          outcome: "undecided",
          failure: { reason: "manifest.blob_unavailable", remedy: "", transient: true },
        };
      }
    },
  });
  const report = await verify([damaged], [reading]);
  assert.deepEqual(report.artifacts.map(({ outcome }) => outcome), ["undecided", "success"]);
  assert.equal(report.verdict.verdict, "allow");
});

/** Lets a verifier read the manifest, and tells what the reader threw. */
async function refusal(replaced: Partial<ArtifactStore>): Promise<unknown> {
  let reason: unknown;
  const reading = verifier([], {
    verify: async (_subject, _referrer, { artifacts }) => {
      await artifacts.manifest().catch((error) => reason = error.reason);
      return FAILURE;
    },
  });
  await verify([store(["a"], replaced)], [reading]);
  return reason;
}

Deno.test("verifyImage refuses a manifest of another type, or about another image, than was listed", async () => {
  const { manifest } = store([]);
  const altered = (change: Record<string, unknown>): Partial<ArtifactStore> => ({
    manifest: async (subject, descriptor, options) => {
      const fetched = await manifest(subject, descriptor, options);
      return { ...fetched, manifest: { ...fetched.manifest, ...change } };
    },
  });
  assert.equal(
    await refusal(altered({ artifactType: "application/other" })),
    "manifest.artifact_type",
  );
  assert.equal(await refusal(altered({ artifactType: undefined })), "manifest.artifact_type");
  const other = { mediaType: OCI_IMAGE_MANIFEST, digest: digest("other"), size: 5 };
  assert.equal(await refusal(altered({ subject: other })), "manifest.subject");
  assert.equal(await refusal(altered({ subject: undefined })), "manifest.subject");
  const tagged = { ...referrer("a"), source: "cosignTag" as const };
  assert.equal(
    await refusal({
      ...altered({ subject: undefined }),
      referrers: () => Promise.resolve([tagged]),
    }),
    undefined,
  );
});

Deno.test("verifyImage refuses a blob that claims to be larger than allowed, unread", async () => {
  let read = false;
  let reason: unknown;
  const reading = verifier([], {
    verify: async (_subject, _referrer, { artifacts }) => {
      const claim = { mediaType: "x/y", digest: digest("blob"), size: 1001 };
      await artifacts.blob(claim, 1000).catch((error) => reason = error.reason);
      return FAILURE;
    },
  });
  const blob: ArtifactStore["blob"] = () => {
    read = true;
    return Promise.resolve(new Uint8Array());
  };
  await verify([store(["a"], { blob })], [reading]);
  assert.equal(reason, "manifest.blob_too_large");
  assert.equal(read, false);
});

Deno.test("verifyImage reports a verifier's defect as undecided, and as such", async () => {
  const broken = verifier([], { verify: () => Promise.reject(new TypeError("x is undefined")) });
  const report = await verify([store(["a"])], [broken]);
  assert.equal(report.verdict.verdict, "undecided");
  assert.equal(cause(report).code, "UNKNOWN");
  assert.match(cause(report).detail ?? "", /x is undefined/);
});

Deno.test("verifyImage answers at the deadline with what is known, and says what it waited for", async () => {
  const never = new Promise<never>(() => {});
  const deadline = new AbortController();
  const slow = verifier(["a"], {
    verify: async (_subject, { digest: found }, { artifacts }) => {
      if (found !== digest("a")) {
        await artifacts.blob({ mediaType: "x/y", digest: digest("blob"), size: 4 }, 10);
      }
      return SUCCESS;
    },
  });
  const waiting = store(["a", "b"], {
    blob: () => {
      setTimeout(() => deadline.abort()); // after the other artifact was verified
      return never;
    },
  });
  const report = await verify([waiting], [slow], deadline.signal);
  assert.deepEqual(report.artifacts.map(({ outcome }) => outcome), ["success", "undecided"]);
  assert.match(report.artifacts[1]?.message ?? "", new RegExp(`reading blob ${digest("blob")}`));
  assert.equal(report.verdict.verdict, "allow");
});

Deno.test("verifyImage is undecided, with the step, when the deadline comes before the image", async () => {
  const deadline = new AbortController();
  const slow = store([], {
    resolve: () => {
      deadline.abort();
      return new Promise<never>(() => {});
    },
  });
  const report = await verify([slow], [verifier([])], deadline.signal);
  assert.equal(cause(report).code, "DEADLINE_EXCEEDED");
  assert.match(cause(report).message, /store memory was looking for registry.example.com\/app:v1/);
});

Deno.test("verifyImage asks for the image and its artifacts at once where the digest is known", async () => {
  const listed = Promise.withResolvers<void>();
  const { resolve, referrers } = store(["a"]);
  const both = store(["a"], {
    resolve: async (...args) => {
      await listed.promise; // would wait for ever if the listing came second
      return await resolve(...args);
    },
    referrers: async (...args) => {
      listed.resolve();
      return await referrers(...args);
    },
  });
  assert.equal((await verify([both], [verifier(["a"])])).verdict.verdict, "allow");
});

Deno.test("verifyImage leaves nothing under way when the image cannot be found", async () => {
  let aborted = false;
  const slow = store([], {
    resolve: failure("REPOSITORY_OPERATION_FAILURE"),
    referrers: (_subject, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener("abort", () => {
          aborted = true;
          reject(signal.reason);
        })
      ),
  });
  const report = await verify([slow], [verifier([])]);
  assert.equal(cause(report).code, "REPOSITORY_OPERATION_FAILURE");
  assert.equal(aborted, true);
});

Deno.test("verifyImage gives no verdict on a reference that no store can use", async () => {
  const refusing = store([], { resolve: failure("REFERENCE_INVALID") });
  await assert.rejects(
    verify([refusing], [verifier([])]),
    (error: unknown) => error instanceof AssayError && error.code === "REFERENCE_INVALID",
  );
});

Deno.test("verifyImage looks only at the artifact types asked for", async () => {
  const report = await verify([store(["a"])], [verifier(["a"])], undefined, ["application/other"]);
  assert.equal(cause(report).code, "NO_VERIFIER_REPORT");
});

for (const missing of ["stores", "policy", "verifiers"] as const) {
  Deno.test(`verifyImage gives no verdict without ${missing}`, async () => {
    const without = configuration([verifier([])], {
      [missing]: missing === "policy" ? undefined : [],
    });
    const request = {
      reference: IMAGE,
      repository: "registry.example.com/app",
      name: "x",
      scope: "",
      stores: () => Promise.resolve([store([])]),
    };
    await assert.rejects(
      verifyImage(request, without, { signal: new AbortController().signal, now: new Date() }),
      (error: unknown) =>
        error instanceof AssayError && error.code === "CONFIG_INVALID" &&
        error.effect === "unusable",
    );
  });
}
