import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError } from "../errors.ts";
import { type Digest, parseDigest } from "./digest.ts";
import {
  formatReference,
  isTag,
  parseReference,
  type Reference,
  repositoryName,
  withDigest,
} from "./reference.ts";

const HEX = "0123456789abcdef".repeat(4);
const DIGEST: Digest = `sha256:${HEX}`;
const DIGEST_384: Digest = `sha384:${"ab".repeat(48)}`;
const DIGEST_512: Digest = `sha512:${"cd".repeat(64)}`;
const HUB = "docker.io";

/** Text, registry, repository, tag, digest, normalised text. */
type Row = [string, string, string, string | undefined, Digest | undefined, string];

const ACCEPTED: Row[] = [
  ["nginx", HUB, "library/nginx", "latest", undefined, "docker.io/library/nginx:latest"],
  ["nginx:1.27", HUB, "library/nginx", "1.27", undefined, "docker.io/library/nginx:1.27"],
  ["docker.io/nginx", HUB, "library/nginx", "latest", undefined, "docker.io/library/nginx:latest"],
  [
    "docker.io/library/nginx",
    HUB,
    "library/nginx",
    "latest",
    undefined,
    "docker.io/library/nginx:latest",
  ],
  [
    "index.docker.io/library/nginx",
    HUB,
    "library/nginx",
    "latest",
    undefined,
    "docker.io/library/nginx:latest",
  ],
  ["index.docker.io/nginx:a", HUB, "library/nginx", "a", undefined, "docker.io/library/nginx:a"],
  ["library/nginx", HUB, "library/nginx", "latest", undefined, "docker.io/library/nginx:latest"],
  ["myreg/x", HUB, "myreg/x", "latest", undefined, "docker.io/myreg/x:latest"],
  ["a/b/c", HUB, "a/b/c", "latest", undefined, "docker.io/a/b/c:latest"],
  ["docker.io:443/x", "docker.io:443", "x", "latest", undefined, "docker.io:443/x:latest"],
  ["localhost/x", "localhost", "x", "latest", undefined, "localhost/x:latest"],
  ["localhost:5000/x", "localhost:5000", "x", "latest", undefined, "localhost:5000/x:latest"],
  [
    "localhost",
    HUB,
    "library/localhost",
    "latest",
    undefined,
    "docker.io/library/localhost:latest",
  ],
  [
    "localhost:5000",
    HUB,
    "library/localhost",
    "5000",
    undefined,
    "docker.io/library/localhost:5000",
  ],
  ["MYREG/x", "MYREG", "x", "latest", undefined, "MYREG/x:latest"],
  ["myReg/x", "myReg", "x", "latest", undefined, "myReg/x:latest"],
  ["Docker.io/x", "Docker.io", "x", "latest", undefined, "Docker.io/x:latest"],
  ["a.b/x", "a.b", "x", "latest", undefined, "a.b/x:latest"],
  ["a.b/x:Tag_1.2-3", "a.b", "x", "Tag_1.2-3", undefined, "a.b/x:Tag_1.2-3"],
  ["h:5000/x", "h:5000", "x", "latest", undefined, "h:5000/x:latest"],
  ["h:5000/x:y", "h:5000", "x", "y", undefined, "h:5000/x:y"],
  ["h:65535/x", "h:65535", "x", "latest", undefined, "h:65535/x:latest"],
  ["127.0.0.1:5000/x", "127.0.0.1:5000", "x", "latest", undefined, "127.0.0.1:5000/x:latest"],
  ["r.io/127.0.0.1/x", "r.io", "127.0.0.1/x", "latest", undefined, "r.io/127.0.0.1/x:latest"],
  ["a--b.io/x", "a--b.io", "x", "latest", undefined, "a--b.io/x:latest"],
  ["[::1]:5000/x", "[::1]:5000", "x", "latest", undefined, "[::1]:5000/x:latest"],
  ["[::1]/x", "[::1]", "x", "latest", undefined, "[::1]/x:latest"],
  ["[::]/x", "[::]", "x", "latest", undefined, "[::]/x:latest"],
  ["[2001:DB8::a:1]/x/y:t", "[2001:DB8::a:1]", "x/y", "t", undefined, "[2001:DB8::a:1]/x/y:t"],
  [
    "[1:2:3:4:5:6:7:8]:1/x",
    "[1:2:3:4:5:6:7:8]:1",
    "x",
    "latest",
    undefined,
    "[1:2:3:4:5:6:7:8]:1/x:latest",
  ],
  [`nginx@${DIGEST}`, HUB, "library/nginx", undefined, DIGEST, `docker.io/library/nginx@${DIGEST}`],
  [`r.io/a/b@${DIGEST}`, "r.io", "a/b", undefined, DIGEST, `r.io/a/b@${DIGEST}`],
  [`r.io/a/b:t@${DIGEST}`, "r.io", "a/b", undefined, DIGEST, `r.io/a/b@${DIGEST}`],
  [`r.io/a@${DIGEST_384}`, "r.io", "a", undefined, DIGEST_384, `r.io/a@${DIGEST_384}`],
  [`r.io/a@${DIGEST_512}`, "r.io", "a", undefined, DIGEST_512, `r.io/a@${DIGEST_512}`],
  [
    "r.io/a.b_c__d-e---f/0",
    "r.io",
    "a.b_c__d-e---f/0",
    "latest",
    undefined,
    "r.io/a.b_c__d-e---f/0:latest",
  ],
  [`r.io/${HEX}`, "r.io", HEX, "latest", undefined, `r.io/${HEX}:latest`],
  [`x/${HEX}`, HUB, `x/${HEX}`, "latest", undefined, `docker.io/x/${HEX}:latest`],
  [`${HEX}:tag`, HUB, `library/${HEX}`, "tag", undefined, `docker.io/library/${HEX}:tag`],
  [`${HEX}0`, HUB, `library/${HEX}0`, "latest", undefined, `docker.io/library/${HEX}0:latest`],
  [
    `r.io/x:${"t".repeat(128)}`,
    "r.io",
    "x",
    "t".repeat(128),
    undefined,
    `r.io/x:${"t".repeat(128)}`,
  ],
  [
    `r.io/${"a".repeat(250)}`,
    "r.io",
    "a".repeat(250),
    "latest",
    undefined,
    `r.io/${"a".repeat(250)}:latest`,
  ],
  ["r.io/x:_", "r.io", "x", "_", undefined, "r.io/x:_"],
];

/** Text and what the message says of it. */
const REFUSED: [string, RegExp][] = [
  ["", /it is empty/],
  [" ", /a space/],
  [" nginx", /a space/],
  ["nginx ", /a space/],
  ["ngi nx", /a space/],
  ["nginx\n", /control character/],
  ["nginx\t", /control character/],
  ["nginx\u0000", /control character/],
  ["nginx\u007f", /control character/],
  ["nginx\u00a0", /outside ASCII/],
  ["n\u0261inx", /outside ASCII/],
  ["r.io/x\u202e", /outside ASCII/],
  [HEX, /image identifier/],
  ["r.io/A/b", /must be in lower case/],
  ["NGINX", /must be in lower case/],
  ["r.io/x@sha256:abcd", /after the @/],
  ["r.io/x@", /after the @/],
  [`r.io/x@sha256:${HEX.toUpperCase()}`, /after the @/],
  [`r.io/x@${DIGEST}@${DIGEST}`, /after the @/],
  [`r.io/x@${DIGEST}:tag`, /after the @/],
  [`r.io/x@md5:${"a".repeat(32)}`, /after the @/],
  [`r.io/x@sha512:${HEX}`, /after the @/],
  [`@${DIGEST}`, /no repository name/],
  [`r.io/@${DIGEST}`, /no repository name/],
  ["r.io/x:", /its tag ""/],
  ["r.io/x:a:b", /its tag "a:b"/],
  ["r.io/x:.a", /its tag "\.a"/],
  ["r.io/x:-a", /its tag/],
  ["r.io/x:a/b", /its tag/],
  [`r.io/x:a!@${DIGEST}`, /its tag/],
  [`r.io/x:${"t".repeat(129)}`, /its tag/],
  [":tag", /no repository name/],
  ["/", /empty part/],
  ["/nginx", /empty part/],
  ["//nginx", /empty part/],
  ["r.io/", /no repository name/],
  ["r.io//x", /empty part/],
  ["r.io/x/", /empty part/],
  ["r.io/x//y", /empty part/],
  ["r.io/.x", /"\.x" in the repository name/],
  ["r.io/x.", /in the repository name/],
  ["r.io/x..y", /in the repository name/],
  ["r.io/..", /in the repository name/],
  ["r.io/../x", /in the repository name/],
  ["r.io/_x", /in the repository name/],
  ["r.io/x_", /in the repository name/],
  ["r.io/x___y", /in the repository name/],
  ["r.io/x._y", /in the repository name/],
  ["r.io/x_-y", /in the repository name/],
  ["r.io/-x", /in the repository name/],
  ["r.io/x-", /in the repository name/],
  ["r.io/x%2fy", /in the repository name/],
  ["r.io/x?y", /in the repository name/],
  ["r.io/x#y", /in the repository name/],
  ["r.io/x\\y", /in the repository name/],
  ["r.io/*", /in the repository name/],
  ["https://r.io/x", /must have a port/],
  ["user@r.io/x", /its registry "user@r\.io" must be labels/],
  ["user:pw@r.io/x", /must have a port/],
  ["r_x.io/x", /must be labels/],
  ["-r.io/x", /must be labels/],
  ["r-.io/x", /must be labels/],
  ["r.io./x", /must be labels/],
  [".r.io/x", /must be labels/],
  ["r..io/x", /must be labels/],
  ["./x", /must be labels/],
  ["../x", /must be labels/],
  [":5000/x", /must be labels/],
  ["r.io:/x", /must have a port/],
  ["r.io:0/x", /must have a port/],
  ["r.io:65536/x", /must have a port/],
  ["r.io:000080/x", /must have a port/],
  ["r.io:+80/x", /must have a port/],
  ["r.io:80:80/x", /must have a port/],
  ["[::1/x", /must have a port/],
  ["[]:5000/x", /IPv6 address/],
  ["[:]/x", /IPv6 address/],
  ["[:::]/x", /IPv6 address/],
  ["[::1::]/x", /IPv6 address/],
  ["[1:2:3:4:5:6:7]/x", /IPv6 address/],
  ["[1:2:3:4:5:6:7:8:9]/x", /IPv6 address/],
  ["[1:2:3:4:5:6:7::8]/x", /IPv6 address/],
  ["[12345::]/x", /IPv6 address/],
  ["[::g]/x", /IPv6 address/],
  ["[::1%eth0]/x", /IPv6 address/],
  ["[::ffff:1.2.3.4]/x", /IPv6 address/],
  ["[127.0.0.1]/x", /IPv6 address/],
  ["[::1]5000/x", /IPv6 address/],
  ["[::1].io/x", /IPv6 address/],
  [`r.io/${"a".repeat(251)}`, /longer than 255 characters/],
  ["a".repeat(240), /longer than 255 characters/],
  ["a".repeat(100_000), /more than 520 characters/],
];

Deno.test("parseReference reads every form, with Docker's defaults, and freezes the result", () => {
  for (const [text, registry, repository, tag, digest, normalised] of ACCEPTED) {
    const expected: Reference = {
      registry,
      repository,
      ...(tag === undefined ? {} : { tag }),
      ...(digest === undefined ? {} : { digest }),
    };
    const actual = parseReference(text);
    assert.deepEqual(actual, expected, text);
    assert.ok(Object.isFrozen(actual));
    assert.equal(formatReference(actual), normalised);
    assert.equal(repositoryName(actual), `${registry}/${repository}`);
  }
});

Deno.test("parseReference refuses everything else and says what is wrong", () => {
  for (const [text, message] of REFUSED) {
    assert.throws(() => parseReference(text), (error) => {
      assert.ok(error instanceof AssayError, text);
      assert.equal(error.code, "REFERENCE_INVALID");
      assert.equal(error.component, "executor");
      assert.equal(error.effect, "unusable");
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("parseReference quotes hostile input escaped and cut", () => {
  const hostile = [`\u001b[2J\n${"x".repeat(100_000)}`, `r.io/\u202egpj.exe`, '"; ls'];
  for (const text of hostile) {
    assert.throws(() => parseReference(text), (error) => {
      assert.ok(error instanceof AssayError);
      assert.match(error.message, /^[\x20-\x7e…]+$/);
      assert.ok(error.message.length < 400);
      return true;
    });
  }
});

Deno.test("withDigest keeps the repository and drops the tag", () => {
  const reference = withDigest(parseReference("r.io/a/b:t"), DIGEST);
  assert.deepEqual(reference, { registry: "r.io", repository: "a/b", digest: DIGEST });
  assert.ok(Object.isFrozen(reference));
});

Deno.test("formatReference leaves out what a reference does not have and prefers the digest", () => {
  assert.equal(formatReference({ registry: "r.io", repository: "x" }), "r.io/x");
  assert.equal(
    formatReference({ registry: "r.io", repository: "x", tag: "t", digest: DIGEST }),
    `r.io/x@${DIGEST}`,
  );
});

Deno.test("isTag accepts 1 to 128 characters that do not start with . or -", () => {
  for (const tag of ["a", "0", "_", "A.b-c_d", "t".repeat(128)]) assert.ok(isTag(tag), tag);
  for (
    const tag of ["", ".", "-", ".a", "-a", "a b", "a/b", "a:b", "a@b", "a\n", "é", "t".repeat(129)]
  ) {
    assert.ok(!isTag(tag), tag);
  }
});

const alphanumeric = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const component = fc.tuple(
  alphanumeric,
  fc.array(fc.tuple(fc.constantFrom(".", "_", "__", "-", "--"), alphanumeric), { maxLength: 3 }),
).map(([first, rest]) => first + rest.flat().join(""));
const path = fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
const host = fc.oneof(
  fc.constantFrom("docker.io", "index.docker.io", "localhost", "MYREG", "[::1]", "[fe80::1:2]"),
  fc.stringMatching(/^[a-z0-9]{1,5}(-[a-z0-9]{1,3})?\.[a-z]{2,3}$/),
);
const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined });
const tag = fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,10}$/), { nil: undefined });
const digest = fc.option(
  fc.stringMatching(/^[0-9a-f]{64}$/).map((hex) => parseDigest(`sha256:${hex}`)),
  { nil: undefined },
);

Deno.test("parseReference and formatReference are a round trip", () => {
  fc.assert(
    fc.property(host, port, path, tag, digest, (host, port, path, tag, digest) => {
      const registry = port === undefined ? host : `${host}:${port}`;
      const text = `${registry}/${path}${tag === undefined ? "" : `:${tag}`}` +
        (digest === undefined ? "" : `@${digest}`);
      const reference = parseReference(text);
      assert.equal(reference.digest, digest);
      assert.equal(reference.tag, digest === undefined ? tag ?? "latest" : undefined);
      assert.ok(reference.repository === path || reference.repository === `library/${path}`);
      assert.deepEqual(parseReference(formatReference(reference)), reference);
    }),
    { numRuns: 300 },
  );
});

Deno.test("parseReference fails only with REFERENCE_INVALID, and what it reads is normal", () => {
  const pieces = fc.array(
    fc.constantFrom(
      "a",
      "B",
      "0",
      ".",
      "_",
      "-",
      ":",
      "/",
      "@",
      "[",
      "]",
      "sha256:",
      HEX,
      "localhost",
      "\n",
      "é",
    ),
    { maxLength: 14 },
  ).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.oneof(pieces, fc.string({ unit: "binary" })), (text) => {
      let reference: Reference;
      try {
        reference = parseReference(text);
      } catch (error) {
        assert.ok(error instanceof AssayError && error.code === "REFERENCE_INVALID");
        return;
      }
      assert.deepEqual(parseReference(formatReference(reference)), reference);
      assert.notEqual(reference.tag === undefined, reference.digest === undefined);
    }),
    { numRuns: 500 },
  );
});
