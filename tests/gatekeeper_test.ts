import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import { type Answering, startFakeProvider } from "./fake_provider.ts";
import { gatekeeperProgram, type Review, reviewWith } from "./gatekeeper.ts";
import {
  BAD,
  DIGEST,
  FIRST,
  GOOD,
  INSUFFICIENT,
  items,
  positive,
  response,
  SECOND,
  TROUBLE,
  value,
} from "./gatekeeper_answers.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The policies in config/library, in Gatekeeper's own engine, before a provider that gives every answer
 * that one can think of: an object is allowed only when each of its images got a positive one.
 */

const LIBRARY = `${import.meta.dirname}/../config/library`;
/** Those that ask for a positive answer, and those that ask for more. */
const PLAIN = ["verified-images", "ratify-verification"] as const;
const DEMANDING = ["trusted-issuers", "sbom-required", "vulnerability-report"] as const;
const CONSTRAINTS = [...PLAIN, ...DEMANDING];

const program = await gatekeeperProgram();

if (program !== "no source") {
  const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";
  const test = (name: string, run: (path: string) => Promise<void>): void =>
    Deno.test({
      name: `gatekeeper ${name}${skipped}`,
      ignore: skipped !== "",
      fn: () => run("path" in program ? program.path : ""),
    });

  for (const [name, answer] of Object.entries(GOOD)) {
    test(`allows an image whose answer is ${name}`, async (path) => {
      const [review] = await reviewed(path, answer, pod({ containers: [FIRST, SECOND] }));
      assert.deepEqual(review?.messages, []);
      assert.equal(review?.allowed, true);
    });
  }

  for (const [name, [answer, told]] of Object.entries(BAD)) {
    test(`denies an image whose answer is ${name}`, async (path) => {
      const [review] = await reviewed(path, answer, pod({ containers: [FIRST, SECOND] }));
      assert.equal(review?.allowed, false);
      assert.equal(review?.error, undefined, "by its rules, not because evaluation failed");
      const own = messagesOf(review, "verified-images");
      assert.ok(own.some((message) => message.startsWith(told)), own.join("\n"));
      assert.ok(own.every((message) => message.length < 1200));
      if (told.startsWith(TROUBLE)) assert.equal(own.length, 1, "one failure is told once");
      const known = messagesOf(review, "ratify-constraint");
      assert.equal(known.length, own.length);
      const words = told.startsWith(TROUBLE)
        ? /^System error calling external data provider: /m
        : new RegExp(`^Subject failed verification: ${SECOND} - `, "m");
      assert.match(known.join("\n"), words);
      for (const name of DEMANDING) {
        assert.deepEqual(messagesOf(review, name), own, name);
      }
    });
  }

  for (const [name, found] of Object.entries(INSUFFICIENT)) {
    test(`denies an image whose answer is positive with ${name}, where more is asked for`, async (path) => {
      const [review] = await reviewed(path, value(found), pod({ containers: [FIRST, SECOND] }));
      assert.equal(review?.error, undefined);
      for (const constraint of PLAIN) assert.deepEqual(messagesOf(review, constraint), []);
      for (const constraint of DEMANDING) {
        const told = messagesOf(review, constraint);
        assert.equal(told.length, 1, constraint);
        assert.ok(told[0]?.startsWith(`Image ${SECOND} is not allowed: `), told.join());
        assert.ok((told[0]?.length ?? 0) < 1200);
      }
    });
  }

  for (const list of ["containers", "initContainers", "ephemeralContainers", "imageVolumes"]) {
    test(`denies a Pod for one bad image among its ${list}`, async (path) => {
      const object = pod({ containers: [FIRST], [list]: [SECOND] });
      const [review] = await reviewed(path, value({ isSuccess: false }), object);
      assert.deepEqual(messagesOf(review, "verified-images").length, 1);
      assert.equal(review?.allowed, false);
    });
  }

  for (
    const [name, image] of Object.entries({
      "empty": "",
      "absent": undefined,
      "null": null,
      "a number": 7,
      "with a namespace before it": `[team-b]${FIRST}`,
      "with a blank": `${FIRST} `,
      "with a line break": `${FIRST}\n`,
      "with a letter that looks like another": "registry.exаmple/first:v1",
    })
  ) {
    test(`denies a Pod with an image that is ${name}`, async (path) => {
      for (const list of ["containers", "initContainers", "ephemeralContainers", "imageVolumes"]) {
        const object = pod({ containers: [FIRST], [list]: [FIRST, image] });
        const [review] = await reviewed(path, items(positive), object);
        const place = list === "imageVolumes" ? "volumes[1].image" : `${list}[1]`;
        const own = `${place} is not allowed: it names no image that can be asked for`;
        assert.deepEqual(review?.messages, [
          `[ratify-constraint] Subject failed verification: ${place} names no image that can be asked for`,
          ...[...DEMANDING, "verified-images"].toSorted().map((name) => `[${name}] ${own}`),
        ]);
      }
    });
  }

  test("denies an object without any image", async (path) => {
    const bare = { apiVersion: "v1", kind: "Pod", metadata: { name: "p" } };
    const reviews = await reviewed(path, items(positive), bare, pod({ containers: [] }));
    assert.equal(reviews.length, 2);
    for (const review of reviews) {
      const own = "There is no image in this object: match Pods, and expand workloads into Pods";
      assert.deepEqual(review.messages, [
        "[ratify-constraint] Subject failed verification: there is no image in this object",
        ...[...DEMANDING, "verified-images"].toSorted().map((name) => `[${name}] ${own}`),
      ]);
    }
  });

  test("asks once for an image that two containers run", async (path) => {
    await using provider = await startFakeProvider(new Map([["answer", items(positive)]]));
    const object = pod({ containers: [FIRST, SECOND], initContainers: [FIRST] });
    const [review] = await reviewedBy(path, provider, ["verified-images"], [object]);
    assert.equal(review?.allowed, true);
    assert.deepEqual(provider.asked.map((keys) => keys.toSorted()), [[FIRST, SECOND]]);
  });

  test("denies when there is no provider of that name", async (path) => {
    await using folder = await temporaryFolder();
    await write(`${folder.path}/pod.yaml`, [pod({ containers: [FIRST] })]);
    const files = filesOf("verified-images").flatMap((file) => ["-f", file]);
    const [review] = await reviewWith(path, [...files, `${folder.path}/pod.yaml`]);
    assert.equal(review?.allowed, false);
    assert.match(review?.messages.join() ?? "", /Images could not be verified/);
  });

  const TEMPLATE = { spec: { containers: [{ name: "c", image: SECOND }] } };
  const WORKLOADS = [
    ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"].map((kind) => ["apps/v1", kind]),
    ["batch/v1", "Job"],
    ["v1", "ReplicationController"],
  ].map(([apiVersion, kind]) => ({
    apiVersion,
    kind,
    metadata: { name: "w", namespace: "team-a" },
    spec: { template: TEMPLATE },
  }));
  const CRON_JOB = {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "w", namespace: "team-a" },
    spec: { jobTemplate: { spec: { template: TEMPLATE } } },
  };

  for (const object of [...WORKLOADS, CRON_JOB]) {
    test(`denies a ${object.kind} whose Pods would be denied, and no other`, async (path) => {
      const [bad] = await reviewed(path, value({ isSuccess: false }), object);
      assert.equal(bad?.allowed, false);
      assert.match(
        bad?.messages.join() ?? "",
        /\[Implied by pods-of-\S+\] Image registry\.example/,
      );
      const [good] = await reviewed(path, items(positive), object);
      assert.equal(good?.allowed, true);
    });

    test(`replaces the tag of a ${object.kind}`, async (path) => {
      const [review] = await mutated(path, digested, object);
      assert.deepEqual(review?.patch?.map((change) => change.value), [`${SECOND}@${DIGEST}`]);
    });
  }

  test("asks with the namespace where namespaced resources decide", async (path) => {
    await using provider = await startFakeProvider(new Map([["answer", items(positive)]]));
    await using folder = await temporaryFolder();
    const constraint = Deno.readTextFileSync(`${LIBRARY}/verified-images/constraint.yaml`)
      .replace("namespacedKeys: false", "namespacedKeys: true");
    await Deno.writeTextFile(`${folder.path}/constraint.yaml`, constraint);
    const policies = [`${LIBRARY}/verified-images/template.yaml`, `${folder.path}/constraint.yaml`];
    const objects = [pod({ containers: [FIRST] }, "team-a"), WORKLOADS[0]];
    const reviews = await reviewedBy(path, provider, [...policies, "expansion"], objects);
    assert.deepEqual(reviews.map(({ allowed }) => allowed), [true, true]);
    assert.deepEqual(provider.asked, [[`[team-a]${FIRST}`], [`[team-a]${SECOND}`]]);
  });

  test("lets namespaces of the cluster itself run what they need", async (path) => {
    for (const namespace of ["kube-system", "gatekeeper-system"]) {
      const object = pod({ containers: [SECOND] }, namespace);
      const [review] = await reviewed(path, value({ isSuccess: false }), object);
      assert.equal(review?.allowed, true, namespace);
    }
  });

  const digested = items((key) => ({ key, value: `${key}@${DIGEST}` }));

  test("replaces the tags of all images of a Pod, and nothing else", async (path) => {
    const object = pod({
      containers: [FIRST],
      initContainers: [FIRST],
      ephemeralContainers: [SECOND],
      imageVolumes: [SECOND],
    });
    object.spec.volumes.push({ name: "scratch", emptyDir: {} });
    object.spec.containers.push({ name: "without-image" });
    const [review] = await mutated(path, digested, object);
    assert.equal(review?.error, undefined);
    assert.deepEqual(review?.patch?.map((change) => [change.path, change.value]).toSorted(), [
      ["/spec/containers/0/image", `${FIRST}@${DIGEST}`],
      ["/spec/ephemeralContainers/0/image", `${SECOND}@${DIGEST}`],
      ["/spec/initContainers/0/image", `${FIRST}@${DIGEST}`],
      ["/spec/volumes/0/image/reference", `${SECOND}@${DIGEST}`],
    ]);
  });

  for (
    const [name, [answer, told]] of Object.entries<[Answering, RegExp]>({
      "an error": [
        items((key) => ({ key, value: key, error: "AUTH_DENIED: no" })),
        /AUTH_DENIED: no/,
      ],
      "a system error": [() => response({ systemError: "down" }), /system error: down/],
      "missing": [
        () => response({ items: [] }),
        /failed to find external data item/,
      ],
      "no text": [items((key) => ({ key, value: { isSuccess: true } })), /string/],
      "one that may differ the next time": [
        () => response({ idempotent: false, items: [] }),
        /non-idempotent/,
      ],
    })
  ) {
    test(`denies a Pod when the answer for its digest is ${name}`, async (path) => {
      const [review] = await mutated(path, answer, pod({ containers: [FIRST] }));
      assert.equal(review?.allowed, false);
      assert.match(review?.error ?? "", told);
    });
  }
}

Deno.test("all templates of the library decide by the same rules", () => {
  const [own, ...others] = CONSTRAINTS.map((name) => {
    const text = Deno.readTextFileSync(`${LIBRARY}/${name}/template.yaml`);
    return text.slice(text.indexOf("# Decision: the same"));
  });
  assert.ok((own?.length ?? 0) > 1000);
  assert.deepEqual(others, Array(CONSTRAINTS.length - 1).fill(own));
});

Deno.test("what the library refers to is there", async () => {
  const documents = (await Promise.all(
    ["provider.yaml", "mutation/pods.yaml", "mutation/workloads.yaml", "expansion/workloads.yaml"]
      .concat(CONSTRAINTS.flatMap((name) => [`${name}/template.yaml`, `${name}/constraint.yaml`]))
      .map(async (name) => parseAllDocuments(await Deno.readTextFile(`${LIBRARY}/${name}`))),
  )).flat().map((document) => document.toJS());
  const named = (kind: string): string[] =>
    documents.filter((document) => document.kind === kind).map(({ metadata }) => metadata.name);
  assert.deepEqual(named("Provider"), ["ratify-provider", "ratify-mutation-provider"]);
  const kinds = documents.filter(({ kind }) => kind === "ConstraintTemplate")
    .map(({ spec }) => spec.crd.spec.names.kind);
  for (const { apiVersion, kind, metadata, spec } of documents) {
    if (apiVersion.startsWith("constraints.")) {
      assert.ok(kinds.includes(kind), kind);
      assert.equal(spec.enforcementAction, "deny");
    }
    if (kind === "ConstraintTemplate") {
      assert.equal(metadata.name, spec.crd.spec.names.kind.toLowerCase());
      assert.ok(spec.targets[0].rego.includes('"ratify-provider"'));
    }
    if (kind === "Assign") {
      const { provider, failurePolicy } = spec.parameters.assign.externalData;
      assert.deepEqual([provider, failurePolicy], ["ratify-mutation-provider", "Fail"]);
      assert.equal(spec.parameters.pathTests[0].subPath, spec.location);
    }
  }
  const names = documents.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  assert.equal(new Set(names).size, names.length);
});

interface Pod {
  readonly spec: { containers: unknown[]; volumes: unknown[] };
  readonly [member: string]: unknown;
}

/** A Pod whose containers and image volumes have these images. */
function pod(images: Readonly<Record<string, readonly unknown[]>>, namespace = "default"): Pod {
  const list = (name: string): unknown[] =>
    (images[name] ?? []).map((image, index) => ({ name: `${name.toLowerCase()}-${index}`, image }));
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace },
    spec: {
      containers: list("containers"),
      ...(images["initContainers"] && { initContainers: list("initContainers") }),
      ...(images["ephemeralContainers"] && { ephemeralContainers: list("ephemeralContainers") }),
      volumes: (images["imageVolumes"] ?? []).map((reference, index) => ({
        name: `v${index}`,
        image: { reference },
      })),
    },
  };
}

async function reviewed(
  path: string,
  answer: Answering,
  ...objects: unknown[]
): Promise<Review[]> {
  await using provider = await startFakeProvider(new Map([["answer", answer]]));
  return await reviewedBy(path, provider, [...CONSTRAINTS, "expansion"], objects);
}

async function mutated(path: string, answer: Answering, ...objects: unknown[]): Promise<Review[]> {
  await using provider = await startFakeProvider(new Map([["answer", answer]]));
  return await reviewedBy(path, provider, ["mutation"], objects, ["--mutate"]);
}

async function reviewedBy(
  path: string,
  provider: Awaited<ReturnType<typeof startFakeProvider>>,
  policies: readonly string[],
  objects: readonly unknown[],
  more: readonly string[] = [],
): Promise<Review[]> {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/ca.crt`, provider.authority);
  await write(`${folder.path}/objects.yaml`, objects);
  const files = ["provider.yaml", ...policies].flatMap(filesOf).flatMap((file) => ["-f", file]);
  return await reviewWith(path, [
    ...files,
    ...["--provider-ca", `${folder.path}/ca.crt`, "--provider-url", `${provider.url}/answer`],
    ...["--provider-timeout", "1", "--response-cache-ttl", "0", ...more],
    `${folder.path}/objects.yaml`,
  ]);
}

/** The files of a constraint of the library, another file or folder of it, or any other file. */
function filesOf(name: string): string[] {
  if (name.startsWith("/")) return [name];
  return CONSTRAINTS.some((constraint) => constraint === name)
    ? [`${LIBRARY}/${name}/template.yaml`, `${LIBRARY}/${name}/constraint.yaml`]
    : [`${LIBRARY}/${name}`];
}

async function write(path: string, objects: readonly unknown[]): Promise<void> {
  await Deno.writeTextFile(path, objects.map((object) => JSON.stringify(object)).join("\n---\n"));
}

/** The messages of one constraint, without its name. */
function messagesOf(review: Review | undefined, constraint: string): string[] {
  return (review?.messages ?? []).filter((message) => message.startsWith(`[${constraint}] `))
    .map((message) => message.slice(constraint.length + 3));
}
