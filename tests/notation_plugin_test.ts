import assert from "node:assert/strict";
import { createPluginHost, ProcessPlugin } from "../src/plugins/mod.ts";
import {
  PluginError,
  type PluginHost,
  type PluginRequest,
  type VerifierResult,
} from "../src/verifiers/mod.ts";
import { forgeCertificate, forgeChain, forgeCose, forgeJws } from "./forge/mod.ts";
import { IMAGE, judge, type Question } from "./judge.ts";
import { RevocationWorld } from "./revocation_world.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The Notation plugin protocol, contract 1.0: when a plugin is run, what it is told, and what its answers
 * must be.
 */

const NAME = "com.example.plugin";
const PLUGIN = "io.cncf.notary.verificationPlugin";
const MINIMUM = "io.cncf.notary.verificationPluginMinVersion";
const SCHEME = "io.cncf.notary.signingScheme";
const IDENTITY = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY";
const REVOCATION = "SIGNATURE_VERIFIER.REVOCATION_CHECK";

const METADATA = {
  name: NAME,
  description: "for tests",
  version: "1.2.3",
  url: "https://example.com",
  supportedContractVersions: ["1.0"],
  capabilities: [IDENTITY, REVOCATION, "SIGNATURE_GENERATOR.RAW"],
};

const chain = await forgeChain();

/** A plugin that answers what it is told to, and remembers what it was asked. */
class FakeHost implements PluginHost {
  readonly requests: PluginRequest[] = [];
  metadataAsked = 0;
  readonly #metadata: unknown;
  readonly #answer: (request: PluginRequest) => unknown;

  constructor(metadata: unknown, answer: (request: PluginRequest) => unknown) {
    this.#metadata = metadata;
    this.#answer = answer;
  }

  find(name: string): ReturnType<PluginHost["find"]> {
    if (name !== NAME) return Promise.resolve("it is another one");
    return Promise.resolve({
      metadata: () => {
        this.metadataAsked++;
        return Promise.resolve(this.#metadata);
      },
      verify: (request) => {
        this.requests.push(request);
        return Promise.resolve().then(() => this.#answer(request));
      },
    });
  }
}

/** An answer by which everything is right, with changes. */
function answer(
  request: PluginRequest,
  results: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  const { signatureVerification } = request.trustPolicy;
  return {
    verificationResults: {
      ...Object.fromEntries(signatureVerification.map((each) => [each, { success: true }])),
      ...results,
    },
    processedAttributes: request.signature.unprocessedAttributes,
  };
}

const right = (): FakeHost => new FakeHost(METADATA, answer);

async function signed(
  header: Readonly<Record<string, unknown>> = {},
  critical: readonly string[] = [],
  plugins: PluginHost = right(),
  change: Partial<Question> = {},
): Promise<VerifierResult> {
  const envelope = await forgeJws({
    chain: change.chain ?? chain,
    target: IMAGE.descriptor,
    header: { [PLUGIN]: NAME, ...header },
    crit: [SCHEME, PLUGIN, ...critical],
  });
  return await judge({ chain, envelope, plugins, ...change });
}

async function reason(...args: Parameters<typeof signed>): Promise<string | undefined> {
  return (await signed(...args)).failure?.reason;
}

Deno.test("a plugin takes over identity and revocation, and is told the whole signature", async () => {
  using world = new RevocationWorld();
  const host = right();
  const other = await forgeChain({ leaf: { crl: ["http://crl.example/x"] } });
  const result = await signed(
    { "com.example.k": { a: [1, true, null] } },
    ["com.example.k"],
    host,
    {
      chain: other,
      identities: ["arn:example:not-x509"],
    },
  );
  assert.equal(result.outcome, "success", result.message);
  assert.deepEqual(world.requests, []);
  const [request, ...more] = host.requests;
  assert.deepEqual(more, []);
  assert.deepEqual(JSON.parse(JSON.stringify(request)), {
    contractVersion: "1.0",
    signature: {
      criticalAttributes: {
        contentType: "application/vnd.cncf.notary.payload.v1+json",
        signingScheme: "notary.x509",
        expiry: "0001-01-01T00:00:00Z",
        extendedAttributes: { "com.example.k": { a: [1, true, null] } },
      },
      unprocessedAttributes: ["com.example.k"],
      certificateChain: other.certificates.map(({ der }) => der.toBase64()),
    },
    trustPolicy: {
      trustedIdentities: ["arn:example:not-x509"],
      signatureVerification: [IDENTITY, REVOCATION],
    },
  });
});

Deno.test("a plugin is told the authentic signing time and the expiry where there are some", async () => {
  const host = right();
  const envelope = await forgeJws({
    chain,
    target: IMAGE.descriptor,
    scheme: "notary.x509.signingAuthority",
    expiry: new Date("2030-01-01T00:00:00Z"),
    header: { [PLUGIN]: NAME },
    crit: [SCHEME, PLUGIN, "io.cncf.notary.authenticSigningTime", "io.cncf.notary.expiry"],
  });
  await judge({ chain, envelope, plugins: host, storeType: "signingAuthority" });
  const attributes = host.requests[0]?.signature.criticalAttributes;
  assert.equal(attributes?.authenticSigningTime, "2026-11-01T00:00:00Z");
  assert.equal(attributes?.expiry, "2030-01-01T00:00:00Z");
});

Deno.test("F.5-3 a critical attribute that no plugin has processed is refused, in both envelopes", async () => {
  const forgetful = (): FakeHost =>
    new FakeHost(METADATA, (request) => ({ ...answer(request), processedAttributes: [] }));
  assert.equal(
    await reason({ "com.example.k": 1 }, ["com.example.k"], forgetful()),
    "integrity.critical_header",
  );
  assert.equal(await reason({ "com.example.k": 1 }, [], forgetful()), "integrity.critical_header");
  assert.equal(await reason({ "com.example.k": 1 }, ["com.example.k"]), undefined);
  const cose = async (label: string | number, plugins: PluginHost): Promise<string | undefined> => {
    const envelope = await forgeCose({
      chain,
      target: IMAGE.descriptor,
      header: [[PLUGIN, NAME], [label, "x"]],
      crit: [SCHEME, PLUGIN, label],
    });
    return (await judge({ chain, envelope, plugins })).failure?.reason;
  };
  assert.equal(await cose("com.example.k", right()), undefined);
  assert.equal(await cose("com.example.k", forgetful()), "integrity.critical_header");
  assert.equal(await cose(4711, right()), "integrity.critical_header");
});

Deno.test("what a plugin finds has the action of the policy", async () => {
  const says = (capability: string): FakeHost =>
    new FakeHost(
      METADATA,
      (request) => answer(request, { [capability]: { success: false, reason: "not so" } }),
    );
  const identity = await signed({}, [], says(IDENTITY));
  assert.equal(identity.failure?.reason, "authenticity.identity_mismatch");
  assert.match(identity.message, /com\.example\.plugin says: not so/);
  assert.equal(await reason({}, [], says(REVOCATION)), "revocation.revoked");
  assert.equal(await reason({}, [], says(REVOCATION), { level: "permissive" }), undefined);
  assert.equal(await reason({}, [], says(IDENTITY), { level: "audit" }), undefined);
});

Deno.test("a plugin is not asked for what the policy skips, and then processes nothing", async () => {
  const host = new FakeHost({ ...METADATA, capabilities: [REVOCATION] }, answer);
  const skip: Partial<Question> = { override: { revocation: "skip" } };
  assert.equal(await reason({}, [], host, skip), undefined);
  assert.deepEqual(host.requests, []);
  assert.equal(await reason({ k: 1 }, ["k"], host, skip), "integrity.critical_header");
  assert.equal(
    await reason({}, [], host, { ...skip, identities: ["x509.subject: C=X, ST=Y, O=Z"] }),
    "authenticity.identity_mismatch",
  );
});

Deno.test("a plugin is not run for a signer that is not trusted, nor where trust is undecided", async () => {
  const host = right();
  const other = await forgeCertificate({ role: "ca", subject: [["CN", "other"]] });
  assert.equal(await reason({}, [], host, { store: [other] }), "authenticity.untrusted");
  assert.equal(await reason({}, [], host, { store: [other], level: "audit" }), "plugin.failed");
  const undecided = await signed({}, [], host, { store: [] });
  assert.equal(undecided.outcome, "undecided");
  assert.equal(host.metadataAsked, 0);
});

Deno.test("a signature names its plugin as the specification says, and by a name that leads nowhere else", async () => {
  for (
    const name of ["../x", "a/b", "a..b", ".x", "-x", "a b", "ä", "x".repeat(101), "", " ", 1, null]
  ) {
    assert.equal(await reason({ [PLUGIN]: name }), "plugin.invalid_attribute", String(name));
  }
  assert.equal(await reason({ [PLUGIN]: "com.example.other" }), "plugin.not_installed");
  const notCritical = await forgeJws({
    chain,
    target: IMAGE.descriptor,
    header: { [PLUGIN]: NAME },
  });
  const result = await judge({ chain, envelope: notCritical, plugins: right() });
  assert.equal(result.failure?.reason, "plugin.invalid_attribute");
});

Deno.test("a plugin must be as new as the signature asks", async () => {
  const rows: [unknown, string | undefined][] = [
    ["1.2.3", undefined],
    ["1.2.3-rc.1", undefined],
    ["1.2.4", "plugin.not_installed"],
    ["2.0.0-alpha", "plugin.not_installed"],
    ["1.2", "plugin.invalid_attribute"],
    ["", "plugin.invalid_attribute"],
    [1, "plugin.invalid_attribute"],
  ];
  for (const [minimum, expected] of rows) {
    assert.equal(await reason({ [MINIMUM]: minimum }, [MINIMUM]), expected, String(minimum));
  }
  assert.equal(await reason({ [MINIMUM]: "1.0.0" }), "plugin.invalid_attribute");
});

Deno.test("a plugin's answers must be what the protocol asks for", async () => {
  const metadata: [unknown, RegExp][] = [
    [null, /not what the protocol/],
    [[METADATA], /not what the protocol/],
    [{ ...METADATA, name: "other" }, /another name/],
    [{ ...METADATA, description: undefined }, /no description/],
    [{ ...METADATA, url: 1 }, /no url/],
    [{ ...METADATA, version: "1.2" }, /semantic version/],
    [{ ...METADATA, supportedContractVersions: ["2.0"] }, /version 1\.0/],
    [{ ...METADATA, supportedContractVersions: "1.0" }, /version 1\.0/],
    [{ ...METADATA, capabilities: ["SIGNATURE_GENERATOR.RAW"] }, /cannot verify/],
  ];
  for (const [value, pattern] of metadata) {
    const result = await signed({}, [], new FakeHost(value, answer));
    assert.equal(result.failure?.reason, "plugin.invalid_answer", result.message);
    assert.match(result.message, pattern);
  }
  const answers: [(request: PluginRequest) => unknown, RegExp][] = [
    [() => "yes", /not what the protocol/],
    [() => ({}), /not what the protocol/],
    [(request) => ({ ...answer(request), verificationResults: {} }), /no result for/],
    [(request) => answer(request, { [IDENTITY]: { success: "true" } }), /no result for/],
    [(request) => answer(request, { [IDENTITY]: true }), /not what the protocol/],
    [(request) => {
      const results = Object.create({ [IDENTITY]: { success: true } });
      return { ...answer(request), verificationResults: results };
    }, /no result for/],
  ];
  for (const [make, pattern] of answers) {
    const result = await signed({}, [], new FakeHost(METADATA, make));
    assert.equal(result.failure?.reason, "plugin.invalid_answer", result.message);
    assert.match(result.message, pattern);
  }
});

Deno.test("a plugin that gives no answer leaves it undecided, one that refuses does not", async () => {
  for (
    const [kind, outcome] of [["refuses", "failure"], ["transient", "undecided"], [
      "lasting",
      "undecided",
    ]] as const
  ) {
    const host = new FakeHost(METADATA, () => {
      throw new PluginError("has said so", kind);
    });
    const result = await signed({}, [], host);
    assert.equal(result.failure?.reason, "plugin.failed");
    assert.equal(result.outcome, outcome);
    assert.equal(result.failure?.transient, kind === "transient");
  }
});

// Programs.

const SCRIPT = `#!/bin/sh
case "$1" in
  get-plugin-metadata) cat "$0.metadata" ;;
  verify-signature) cat >"$0.request"; env >"$0.env"; cat "$0.answer" ;;
esac
`;

async function withProgram(
  script: string,
  work: (host: PluginHost, path: string) => Promise<void>,
): Promise<void> {
  await using folder = await temporaryFolder();
  const path = `${await Deno.realPath(folder.path)}/notation-${NAME}`;
  await Deno.writeTextFile(path, script, { mode: 0o755 });
  await Deno.writeTextFile(`${path}.metadata`, JSON.stringify(METADATA));
  await Deno.writeTextFile(
    `${path}.answer`,
    JSON.stringify({
      verificationResults: { [IDENTITY]: { success: true }, [REVOCATION]: { success: true } },
      processedAttributes: [],
    }),
  );
  const directory = path.slice(0, path.lastIndexOf("/"));
  await work(createPluginHost({ allowed: [NAME], directory }), path);
}

Deno.test("a plugin that is a program is asked on its standard input, with nothing of our environment", async () => {
  await withProgram(SCRIPT, async (host, path) => {
    const result = await signed({}, [], host);
    assert.equal(result.outcome, "success", result.message);
    const request = JSON.parse(await Deno.readTextFile(`${path}.request`));
    assert.equal(request.contractVersion, "1.0");
    const names = (await Deno.readTextFile(`${path}.env`)).trim().split("\n")
      .map((line) => line.split("=")[0]);
    for (const name of names) {
      assert.ok(["PATH", "LANG", "PWD", "SHLVL", "_", "OLDPWD"].includes(name ?? ""), name);
    }
  });
});

Deno.test("a program that fails, says nothing or too much leaves it undecided", async () => {
  const rows: [string, RegExp, string][] = [
    ["#!/bin/sh\nexit 3\n", /failed without saying why/, "undecided"],
    ["#!/bin/sh\necho not json\n", /not JSON/, "undecided"],
    ['#!/bin/sh\necho \'{"name":1,"name":2}\'\n', /not JSON/, "undecided"],
    [
      '#!/bin/sh\necho \'{"errorCode":"ACCESS_DENIED","errorMessage":"no"}\' >&2; exit 1\n',
      /ACCESS_DENIED: no/,
      "undecided",
    ],
    [
      '#!/bin/sh\necho \'{"errorCode":"VALIDATION_ERROR","errorMessage":"bad"}\' >&2; exit 1\n',
      /VALIDATION_ERROR: bad/,
      "failure",
    ],
    ["#!/bin/sh\nexec head -c 5000000 /dev/zero\n", /more than 4194304 bytes/, "undecided"],
    ["not a program", /could not be started|failed without/, "undecided"],
  ];
  for (const [script, pattern, outcome] of rows) {
    await withProgram(script, async (host) => {
      const result = await signed({}, [], host);
      assert.equal(result.failure?.reason, "plugin.failed", result.message);
      assert.match(result.message, pattern);
      assert.equal(result.outcome, outcome);
    });
  }
});

Deno.test("a program is stopped when its time is over, whatever it has started, and when the request ends", async () => {
  await withProgram("#!/bin/sh\nsleep 3 &\nsleep 3\n", async (_host, path) => {
    const { signal } = new AbortController();
    await assert.rejects(
      new ProcessPlugin(path, 100).metadata(signal),
      (error) =>
        error instanceof PluginError && error.transient && /within 0\.1 s/.test(error.message),
    );
    const request = new AbortController();
    const asked = new ProcessPlugin(path).metadata(request.signal);
    request.abort(new Error("the deadline"));
    await assert.rejects(asked, /the deadline/);
  });
});

Deno.test("only programs that are allowed and there are found, and none without the permission to run", async () => {
  await withProgram(SCRIPT, async (host, path) => {
    const directory = path.slice(0, path.lastIndexOf("/"));
    assert.equal(typeof await host.find(NAME), "object");
    const found = async (options: Parameters<typeof createPluginHost>[0]): Promise<string> =>
      String(await createPluginHost(options).find(NAME));
    assert.match(await found({ allowed: [], directory }), /not among the plugins/);
    assert.match(await found({ allowed: [NAME], directory: undefined }), /no directory/);
    assert.match(await found({ allowed: [NAME], directory: `${directory}/none` }), /no program/);
    await Deno.remove(path);
    await Deno.mkdir(path);
    assert.match(await found({ allowed: [NAME], directory }), /no program/);
  });
});

Deno.test({
  name: "without the permission to run, the build to use is named",
  permissions: { run: false },
  fn: async () => {
    const host = createPluginHost({ allowed: [NAME], directory: "/plugins" });
    const result = await signed({}, [], host);
    assert.equal(result.failure?.reason, "plugin.not_installed");
    assert.match(result.message, /com\.example\.plugin.*use the build with plugin support/);
  },
});
