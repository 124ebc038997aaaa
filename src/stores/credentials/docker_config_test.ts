import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "../../crypto/mod.ts";
import { temporaryFolder } from "../../../tests/temp.ts";
import { AssayError } from "../../errors.ts";
import type { Credential } from "./credential.ts";
import { DockerConfigCredentials, DockerConfigError, parseDockerConfig } from "./docker_config.ts";

const SIGNAL = new AbortController().signal;

function password(username: string, secret: string): Credential {
  return { kind: "password", username, password: secret };
}

function auth(text: string): { auth: string } {
  return { auth: new TextEncoder().encode(text).toBase64() };
}

function find(auths: unknown, registry: string): Credential | undefined {
  return parseDockerConfig(JSON.stringify({ auths })).get(registry);
}

Deno.test("parseDockerConfig finds the entry of a registry", () => {
  const cases: readonly (readonly [unknown, string, Credential | undefined])[] = [
    [{ "r.io": auth("u:p") }, "r.io", password("u", "p")],
    [{ "r.io": auth("u:p:q") }, "r.io", password("u", "p:q")],
    [{ "r.io": auth("u:p\0\0") }, "r.io", password("u", "p")],
    [{ "r.io": auth("u:") }, "r.io", password("u", "")],
    [{ "r.io": { username: "u", password: "p" } }, "r.io", password("u", "p")],
    [{ "r.io": { username: "x", password: "y", ...auth("u:p") } }, "r.io", password("u", "p")],
    [
      { "r.io": { ...auth("u:p"), identitytoken: "t" } },
      "r.io",
      { kind: "identityToken", token: "t" },
    ],
    [{ "r.io": {} }, "r.io", undefined],
    [{ "r.io": auth("u:p") }, "r.io:443", undefined],
    [{ "r.io:5000": auth("u:p") }, "r.io", undefined],
    [{ "r.io": auth("u:p") }, "a.r.io", undefined],
    [{ "r.io": auth("u:p") }, "evil-r.io", undefined],
    [{ "R.io": auth("u:p") }, "r.io", password("u", "p")],
    [{ "https://r.io": auth("u:p") }, "r.io", password("u", "p")],
    [{ "https://r.io/v2/": auth("u:p") }, "r.io", password("u", "p")],
    [{ "r.io/team": auth("u:p") }, "r.io", password("u", "p")],
    [{ "https://r.io/v1/": auth("a:b"), "r.io": auth("u:p") }, "r.io", password("u", "p")],
    [{ "https://index.docker.io/v1/": auth("u:p") }, "docker.io", password("u", "p")],
    [{ "index.docker.io": auth("u:p") }, "docker.io", password("u", "p")],
    [{ "registry-1.docker.io": auth("u:p") }, "docker.io", password("u", "p")],
    [
      { "https://index.docker.io/v1/": auth("a:b"), "docker.io": auth("u:p") },
      "docker.io",
      password("u", "p"),
    ],
    [{ "https://index.docker.io.evil.com/v1/": auth("u:p") }, "docker.io", undefined],
    [{}, "r.io", undefined],
    [null, "r.io", undefined],
    [undefined, "r.io", undefined],
    [{}, "__proto__", undefined],
    [{}, "constructor", undefined],
  ];
  for (const [auths, registry, expected] of cases) {
    assert.deepEqual(find(auths, registry), expected, `${JSON.stringify(auths)} ${registry}`);
  }
});

Deno.test("parseDockerConfig ignores helpers and other members", () => {
  const text = JSON.stringify({
    credsStore: "desktop",
    credHelpers: { "r.io": "x" },
    HttpHeaders: {},
  });
  assert.equal(parseDockerConfig(text).size, 0);
});

Deno.test("parseDockerConfig refuses what docker login would not write, and keeps it secret", () => {
  const texts = [
    "",
    "{",
    "[]",
    "null",
    '"auths"',
    '{"auths":[]}',
    '{"auths":"x"}',
    '{"auths":{},"auths":{}}',
    '{"auths":{"r.io":"s3cret"}}',
    '{"auths":{"r.io":null}}',
    '{"auths":{"r.io":{"auth":5}}}',
    '{"auths":{"r.io":{"auth":"s3cret!"}}}',
    '{"auths":{"r.io":{"auth":"s3cret"}}}',
    '{"auths":{"r.io":{"auth":"/////w=="}}}',
    '{"auths":{"r.io":{"username":{},"password":"s3cret"}}}',
    '{"auths":{"r.io":{"identitytoken":["s3cret"]}}}',
    `{"auths":{"r.io":{"auth":"${new TextEncoder().encode("s3cret").toBase64()}"}}}`,
  ];
  for (const text of texts) {
    assert.throws(() => parseDockerConfig(text), (error) => {
      assert.ok(error instanceof DockerConfigError || error instanceof FormatError, text);
      return !error.message.includes("s3cret");
    }, text);
  }
});

Deno.test("parseDockerConfig throws only its two errors", () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
      for (const content of [text, `{"auths":${text}}`, `{"auths":{"a":${text}}}`]) {
        try {
          parseDockerConfig(content);
        } catch (error) {
          assert.ok(error instanceof DockerConfigError || error instanceof FormatError);
        }
      }
    }),
    { numRuns: 200 },
  );
});

Deno.test("credentials reads the file again when it changed", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config.json`;
  const provider = new DockerConfigCredentials({ path, required: true });
  for (const secret of ["one", "two", "six"]) {
    await Deno.writeTextFile(path, JSON.stringify({ auths: { "r.io": auth(`u:${secret}`) } }));
    assert.deepEqual(await provider.credentials("R.io", SIGNAL), password("u", secret));
  }
  assert.equal(await provider.credentials("other.io", SIGNAL), undefined);
});

Deno.test("credentials says which file is wrong, and not what is in it", async () => {
  await using folder = await temporaryFolder();
  const path = `${folder.path}/config.json`;
  const provider = new DockerConfigCredentials({ path, required: true });
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["s3cret", /it is not strict JSON/],
    ['{"auths":{"r.io":{"auth":"s3cret"}}}', /auths\["r.io"\] is not base64/],
    [" ".repeat(1024 * 1024 + 1), /more than 1048576 bytes/],
  ];
  for (const [text, expected] of wrong) {
    await Deno.writeTextFile(path, text);
    await assert.rejects(provider.credentials("r.io", SIGNAL), (error) => {
      assert.ok(error instanceof AssayError && error.code === "AUTH_DENIED" && !error.transient);
      assert.match(error.message, expected);
      assert.ok(!`${error.message} ${error.cause} ${error.stack}`.includes("s3cret"));
      return true;
    });
  }
});

Deno.test("credentials is empty without a default file, and fails without a required one", async () => {
  const path = `${import.meta.dirname}/no-such-file.json`;
  const optional = new DockerConfigCredentials({ path, required: false });
  assert.equal(await optional.credentials("r.io", SIGNAL), undefined);
  const required = new DockerConfigCredentials({ path, required: true });
  await assert.rejects(
    required.credentials("r.io", SIGNAL),
    (error) => error instanceof AssayError && /it is missing/.test(error.message),
  );
  const folder = new DockerConfigCredentials({ path: `${import.meta.dirname}`, required: false });
  await assert.rejects(
    folder.credentials("r.io", SIGNAL),
    (error) => error instanceof AssayError && /may not be read/.test(error.message),
  );
});

Deno.test("credentials stops at the deadline", async () => {
  const provider = new DockerConfigCredentials({
    path: `${import.meta.filename}`,
    required: true,
  });
  await assert.rejects(
    provider.credentials("r.io", AbortSignal.abort()),
    (error) => error instanceof AssayError && error.code === "DEADLINE_EXCEEDED",
  );
});
