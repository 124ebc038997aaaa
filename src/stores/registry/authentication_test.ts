import assert from "node:assert/strict";
import { AssayError } from "../../errors.ts";
import type { Credential, CredentialProvider } from "../credentials/credential.ts";
import type { RegistryStore } from "./registry_store.ts";
import {
  failure,
  FakeRegistry,
  imageManifest,
  REPOSITORY,
  type Seen,
} from "./testing/fake_registry.ts";
import { openStore, OPTIONS, problem, subjectOf, tagged } from "./testing/open_store.ts";

const ALICE: Credential = { kind: "password", username: "alice", password: "s3cret:ü" };
const ALICE_BASIC = "Basic YWxpY2U6czNjcmV0OsO8";

function provider(find: () => Credential | undefined): CredentialProvider {
  return { name: "test", credentials: () => Promise.resolve(find()) };
}

/** A registry that wants a token, and its token service at `/token` of the same or another server. */
class TokenRegistry extends FakeRegistry {
  issued = 0;
  /** Answers the token service; a fresh token when absent. */
  tokenAnswer: (seen: Seen) => Response | undefined = () => undefined;
  /** Which tokens open the door. */
  accepts: (token: string) => boolean = () => true;
  readonly tokenRequests: Seen[] = [];

  constructor(service?: FakeRegistry, extra = "") {
    super();
    const issue = (seen: Seen): Response | undefined => {
      if (!seen.target.startsWith("/token")) return undefined;
      this.tokenRequests.push(seen);
      return this.tokenAnswer(seen) ??
        Response.json({ token: `t${++this.issued}`, expires_in: 300 });
    };
    if (service !== undefined) service.intercept = issue;
    this.intercept = (seen) => {
      const token = issue(seen);
      if (token !== undefined) return token;
      const given = seen.headers.get("authorization") ?? "";
      if (given.startsWith("Bearer ") && this.accepts(given.slice(7))) return undefined;
      const realm = `http://${(service ?? this).host}/token?x=1`;
      return failure(401, "UNAUTHORIZED", {
        "www-authenticate": `Bearer realm="${realm}",service="reg"${extra}`,
      });
    };
  }
}

async function useAll(store: RegistryStore, registry: FakeRegistry): Promise<void> {
  const image = registry.put(imageManifest("a"), ["v1"]);
  const subject = await store.resolve(tagged(registry, "v1"), OPTIONS);
  await store.referrers(subject, OPTIONS);
  await store.manifest(subject, image, OPTIONS);
}

Deno.test("a token is fetched once for all requests to a repository", async () => {
  await using registry = new TokenRegistry();
  using store = openStore([registry]);
  await useAll(store, registry);
  assert.equal(registry.issued, 1);
  // One challenge, one token, and the three requests.
  assert.equal(registry.log.length, 5);
  const [request] = registry.tokenRequests;
  assert.equal(
    request?.target,
    `/token?x=1&service=reg&scope=${encodeURIComponent(`repository:${REPOSITORY}:pull`)}`,
  );
  assert.equal(request?.headers.get("authorization"), null);
});

Deno.test("a token is fetched once for requests at the same time", async () => {
  await using registry = new TokenRegistry();
  const image = registry.put(imageManifest("a"));
  using store = openStore([registry]);
  const { reference } = subjectOf(registry, image);
  await Promise.all(Array.from({ length: 8 }, () => store.resolve(reference, OPTIONS)));
  assert.equal(registry.issued, 1);
});

Deno.test("one caller's deadline does not take the token from another", async () => {
  await using registry = new TokenRegistry();
  const image = registry.put(imageManifest("a"));
  const { reference } = subjectOf(registry, image);
  using store = openStore([registry]);
  const controller = new AbortController();
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const before = registry.intercept;
  registry.intercept = async (seen, count) => {
    if (seen.target.startsWith("/token")) {
      asked.resolve();
      await answer.promise;
    }
    // Left to the registry when there is no token to issue.
    return (await before(seen, count)) ?? registryAnswer(seen);
  };
  const registryAnswer = (seen: Seen): Response =>
    seen.headers.has("authorization")
      ? new Response(JSON.stringify(imageManifest("a")), {
        headers: { "content-type": image.mediaType },
      })
      : failure(500);
  const impatient = problem(store.resolve(reference, { signal: controller.signal }));
  await asked.promise;
  const patient = store.resolve(reference, OPTIONS);
  while (registry.log.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, 10));
  controller.abort();
  assert.match(await impatient, /^DEADLINE_EXCEEDED/);
  answer.resolve();
  assert.equal((await patient).descriptor.digest, image.digest);
  assert.equal(registry.tokenRequests.length, 1);
});

Deno.test("a password goes to the token service only, as Basic", async () => {
  await using service = new FakeRegistry();
  await using registry = new TokenRegistry(service);
  using store = openStore([registry], { credentials: provider(() => ALICE) });
  await useAll(store, registry);
  assert.equal(registry.tokenRequests[0]?.headers.get("authorization"), ALICE_BASIC);
  for (const { headers } of registry.seen) {
    assert.ok(!(headers.get("authorization") ?? "").startsWith("Basic"));
  }
});

Deno.test("an identity token is exchanged by POST", async () => {
  await using registry = new TokenRegistry();
  registry.tokenAnswer = ({ method }) =>
    method === "POST" ? Response.json({ access_token: "fresh" }) : failure(400);
  registry.accepts = (token) => token === "fresh";
  const credentials = provider(() => ({ kind: "identityToken", token: "re/fresh+1" }));
  using store = openStore([registry], { credentials });
  await useAll(store, registry);
  const [request] = registry.tokenRequests;
  assert.deepEqual(Object.fromEntries(new URLSearchParams(request?.body)), {
    grant_type: "refresh_token",
    refresh_token: "re/fresh+1",
    client_id: "assay",
    service: "reg",
    scope: `repository:${REPOSITORY}:pull`,
  });
  assert.equal(request?.headers.get("content-type"), "application/x-www-form-urlencoded");
  assert.equal(request?.target, "/token?x=1");
});

Deno.test("the scopes of the challenge are asked for too, each once", async () => {
  const pull = `repository:${REPOSITORY}:pull`;
  await using registry = new TokenRegistry(undefined, `,scope="${pull} other:x:y"`);
  using store = openStore([registry]);
  await useAll(store, registry);
  const url = new URL(registry.tokenRequests[0]?.target ?? "", "http://h");
  assert.deepEqual(url.searchParams.getAll("scope"), [pull, "other:x:y"]);
});

Deno.test("another identity gets another token, and the first its own again", async () => {
  await using registry = new TokenRegistry();
  let credential: Credential | undefined = ALICE;
  using store = openStore([registry], { credentials: provider(() => credential) });
  await useAll(store, registry);
  credential = { kind: "password", username: "bob", password: "p" };
  await useAll(store, registry);
  credential = ALICE;
  await useAll(store, registry);
  assert.equal(registry.issued, 2);
});

Deno.test("a token that is refused or has expired is replaced", async () => {
  await using registry = new TokenRegistry();
  using store = openStore([registry]);
  await useAll(store, registry);
  registry.accepts = (token) => token === "t2";
  await useAll(store, registry);
  assert.equal(registry.issued, 2);

  await using short = new TokenRegistry();
  short.tokenAnswer = () => Response.json({ token: `t${++short.issued}`, expires_in: 0.001 });
  using other = openStore([short]);
  await useAll(other, short);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await useAll(other, short);
  assert.ok(short.issued >= 2);
});

Deno.test("a token that never helps is refused after two, and forgotten", async () => {
  await using registry = new TokenRegistry();
  registry.accepts = () => false;
  registry.put(imageManifest("a"), ["v1"]);
  using store = openStore([registry], { credentials: provider(() => ALICE) });
  const found = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
  assert.match(found, /^AUTH_DENIED lasting .*refuses the credentials .*401 \(UNAUTHORIZED\)/);
  assert.equal(registry.issued, 1);
  registry.accepts = () => true;
  await store.resolve(tagged(registry, "v1"), OPTIONS);
  assert.equal(registry.issued, 2);
});

/** What a token service may answer, and what that means for the image. */
const TOKEN_PROBLEMS: Readonly<Record<string, readonly [answer: () => Response, RegExp]>> = {
  "401": [() => failure(401, "UNAUTHORIZED"), /^AUTH_DENIED lasting .*token service .*401/],
  "403": [() => failure(403), /^AUTH_DENIED lasting .*token service .*403/],
  "400": [() => Response.json({ error: "x" }, { status: 400 }), /^AUTH_DENIED lasting .*400/],
  "404": [() => failure(404), /^AUTH_DENIED lasting .*404/],
  "429": [() => failure(429), /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*token service .*429/],
  "500": [() => failure(500), /^GET_SUBJECT_DESCRIPTOR_FAILURE transient .*token service .*500/],
  "no JSON": [() => new Response("<html>"), /^GET_SUBJECT.* lasting .*without token/],
  "no token": [() => Response.json({}), /^GET_SUBJECT.* lasting .*without token/],
  "an empty token": [() => Response.json({ token: "" }), /without token/],
  "a number": [() => Response.json({ token: 5 }), /without token/],
  "a token with a line break": [() => Response.json({ token: "a\r\nX: y" }), /without token/],
  "too much": [
    () => Response.json({ token: "a".repeat(200_000) }),
    /^LIMIT_EXCEEDED lasting .*131072/,
  ],
  "a redirect to elsewhere": [
    () => new Response(null, { status: 302, headers: { location: "http://127.0.0.2/" } }),
    /^GET_SUBJECT.* lasting .*not followed/,
  ],
};

for (const [name, [answer, expected]] of Object.entries(TOKEN_PROBLEMS)) {
  Deno.test(`a token service that answers ${name} is named`, async () => {
    await using registry = new TokenRegistry();
    registry.tokenAnswer = answer;
    using store = openStore([registry], { credentials: provider(() => ALICE) });
    const found = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
    assert.match(found, expected);
    assert.ok(!found.includes("s3cret") && !found.includes("YWxp"), found);
  });
}

Deno.test("a challenge without acceptable token service gets no credentials", async () => {
  const challenges = [
    'Bearer realm="http://169.254.169.254/token"',
    'Bearer realm="ftp://127.0.0.1/token"',
    "Bearer",
    'Digest realm="x"',
    'Bearer realm="',
    "",
  ];
  for (const challenge of challenges) {
    await using registry = new FakeRegistry();
    registry.intercept = () => failure(401, "UNAUTHORIZED", { "www-authenticate": challenge });
    using store = openStore([registry], { credentials: provider(() => ALICE) });
    const found = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
    assert.match(found, /^(?:AUTH_DENIED|GET_SUBJECT_DESCRIPTOR_FAILURE) lasting/, challenge);
    assert.equal(registry.log.length, 1);
  }
});

Deno.test("Basic is answered with the password, and sent at once the next time", async () => {
  await using registry = new FakeRegistry();
  registry.intercept = ({ headers }) =>
    headers.get("authorization") === ALICE_BASIC
      ? undefined
      : failure(401, "UNAUTHORIZED", { "www-authenticate": 'basic realm="lab"' });
  using store = openStore([registry], { credentials: provider(() => ALICE) });
  await useAll(store, registry);
  assert.equal(registry.log.length, 4);
  registry.seen.length = 0;
  registry.intercept = () => failure(401, "UNAUTHORIZED", { "www-authenticate": "Basic" });
  const found = await problem(store.resolve(tagged(registry, "v1"), OPTIONS));
  assert.match(found, /^AUTH_DENIED lasting .*refuses the credentials/);
  // The same password again would be refused again, and count as another failed login.
  assert.equal(registry.log.length, 1);
});

Deno.test("Basic without a password, or with a wrong one, is refused", async () => {
  await using registry = new FakeRegistry();
  registry.intercept = () =>
    failure(401, "UNAUTHORIZED", { "www-authenticate": "Basic realm=lab" });
  let credential: Credential | undefined;
  using store = openStore([registry], { credentials: provider(() => credential) });
  const resolve = (): Promise<string> => problem(store.resolve(tagged(registry, "v1"), OPTIONS));
  assert.match(await resolve(), /^AUTH_DENIED lasting .*user name and a password; there are none/);
  credential = { kind: "identityToken", token: "x" };
  assert.match(await resolve(), /^AUTH_DENIED lasting .*identity token only/);
  credential = ALICE;
  registry.seen.length = 0;
  assert.match(await resolve(), /^AUTH_DENIED lasting .*refuses the credentials/);
  assert.equal(registry.log.length, 2);
});

Deno.test("a provider that fails is anonymous only where that is allowed", async () => {
  await using registry = new TokenRegistry();
  const credentials: CredentialProvider = {
    name: "test",
    credentials: () =>
      Promise.reject(
        new AssayError({ code: "AUTH_DENIED", component: "referrerStore", message: "No file." }),
      ),
  };
  using strict = openStore([registry], { credentials });
  registry.put(imageManifest("a"), ["v1"]);
  assert.equal(
    await problem(strict.resolve(tagged(registry, "v1"), OPTIONS)),
    "AUTH_DENIED lasting No file.",
  );
  assert.equal(registry.issued, 0);
  using lenient = openStore([registry], { credentials, anonymousFallback: true });
  await lenient.resolve(tagged(registry, "v1"), OPTIONS);
  assert.equal(registry.issued, 1);
});

/** A provider that issues a new password each time it has to, until it is told to stop. */
class Issuing implements CredentialProvider {
  readonly name = "issuing";
  issued = 0;
  forgotten = 0;
  failure: AssayError | undefined;
  #current: Credential | undefined;

  credentials(): Promise<Credential> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    return Promise.resolve(
      this.#current ??= { kind: "password", username: "u", password: `p${++this.issued}` },
    );
  }

  forget(_: string, credential: Credential): boolean {
    if (this.#current === credential) this.#current = undefined;
    this.forgotten++;
    return true;
  }
}

Deno.test("a credential that the token service refuses is had again, once", async () => {
  await using registry = new TokenRegistry();
  const image = registry.put(imageManifest("a"));
  const credentials = new Issuing();
  using store = openStore([registry], { credentials });
  const { reference } = subjectOf(registry, image);
  const good = basic("u", "p2");
  registry.tokenAnswer = ({ headers }) =>
    headers.get("authorization") === good ? undefined : failure(401);
  await store.resolve(reference, OPTIONS);
  assert.deepEqual([credentials.issued, registry.tokenRequests.length], [2, 2]);
  registry.tokenAnswer = () => failure(403);
  registry.accepts = () => false;
  assert.match(await problem(store.resolve(reference, OPTIONS)), /^AUTH_DENIED lasting/);
  assert.ok(credentials.issued <= 4, "who refuses everything is not asked for ever");
});

Deno.test("a password that the registry itself refuses is had again for the next challenge", async () => {
  await using registry = new FakeRegistry();
  const image = registry.put(imageManifest("a"));
  const credentials = new Issuing();
  using store = openStore([registry], { credentials });
  const { reference } = subjectOf(registry, image);
  let good = basic("u", "p1");
  registry.intercept = ({ headers }) =>
    headers.get("authorization") === good
      ? undefined
      : failure(401, "UNAUTHORIZED", { "www-authenticate": 'Basic realm="r"' });
  await store.resolve(reference, OPTIONS);
  good = basic("u", "p2");
  await store.resolve(reference, OPTIONS);
  assert.deepEqual([credentials.issued, credentials.forgotten], [2, 1]);
});

Deno.test("a provider that fails is the reason, and anonymous only where that is allowed", async () => {
  await using registry = new TokenRegistry();
  const image = registry.put(imageManifest("a"));
  const { reference } = subjectOf(registry, image);
  const credentials = new Issuing();
  credentials.failure = new AssayError({
    code: "AUTH_DENIED",
    component: "referrerStore",
    message: "the cloud said no",
    transient: true,
  });
  using strict = openStore([registry], { credentials });
  assert.equal(
    await problem(strict.resolve(reference, OPTIONS)),
    "AUTH_DENIED transient the cloud said no",
  );
  assert.equal(registry.issued, 0);
  using lenient = openStore([registry], { credentials, anonymousFallback: true });
  assert.equal((await lenient.resolve(reference, OPTIONS)).descriptor.digest, image.digest);
  assert.equal(registry.tokenRequests[0]?.headers.get("authorization"), null);
});

function basic(username: string, password: string): string {
  return `Basic ${btoa(`${username}:${password}`)}`;
}
