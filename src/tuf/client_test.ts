import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Bytes,
  forgeKey,
  forgeTuf,
  type Json,
  keyId,
  signTuf,
  TUF_KEY,
  TUF_OTHER_KEY,
  type TufFiles,
  tufKey,
  type TufOptions,
  type TufRole,
  utf8,
} from "../../tests/forge/mod.ts";
import { type FileReader, TufClient } from "./client.ts";
import { parseTimestamp } from "./metadata.ts";
import { TufError } from "./tuf_error.ts";

/* The Update Framework 1.0, "Detailed client workflow": what a client must not take. */

const NAME = "trusted_root.json";
const NOW = new Date("2026-11-24T12:00:00Z");
const PAST = "2026-11-24T11:59:59Z";
const ED25519 = await forgeKey("Ed25519", "tuf");
const P384 = await forgeKey("P-384", "tuf");

function reader(files: TufFiles, asked: string[] = []): FileReader {
  return (path, maxBytes) => {
    asked.push(path);
    const bytes = files.get(path);
    if (bytes !== undefined && bytes.length > maxBytes) {
      throw new TufError("content", `${path} is too large`);
    }
    return Promise.resolve(bytes);
  };
}

const rootOf = (files: TufFiles, version = 1): Bytes =>
  files.get(`${version}.root.json`) ?? assert.fail("there is no root");

/** A client that begins with the root of a repository. */
function clientOf(files: TufFiles, name = NAME): TufClient {
  return new TufClient(rootOf(files), name);
}

/** What an update says: the kind of problem and its message, or nothing. */
async function outcome(client: TufClient, files: TufFiles, now = NOW): Promise<string> {
  try {
    await client.update(reader(files), now);
    return "";
  } catch (error) {
    assert.ok(error instanceof TufError, String(error));
    return `${error.problem}: ${error.message}`;
  }
}

const textOf = ({ target }: TufClient): string | undefined =>
  target && new TextDecoder().decode(target);

async function refused(options: TufOptions, wanted: RegExp): Promise<void> {
  const files = await forgeTuf(options);
  const client = clientOf(files);
  assert.match(await outcome(client, files), wanted);
  assert.equal(client.target, undefined);
}

Deno.test("a client of TUF takes a target that everything leads to", async () => {
  for (const consistentSnapshot of [true, false]) {
    const files = await forgeTuf({ targets: { [NAME]: "the root" }, consistentSnapshot });
    const client = clientOf(files);
    assert.equal(client.target, undefined);
    assert.equal(await outcome(client, files), "");
    assert.equal(textOf(client), "the root");
  }
  const nested = await forgeTuf({ targets: { "a/b.json": "nested" } });
  const [path] = [...nested.keys()].filter((one) => one.startsWith("targets/"));
  const bytes = nested.get(path ?? "") as Bytes;
  nested.set(`targets/a/${path?.slice("targets/".length).replace("a/", "")}`, bytes);
  const client = clientOf(nested, "a/b.json");
  assert.equal(await outcome(client, nested), "");
  assert.equal(textOf(client), "nested");
});

Deno.test("a client of TUF takes ECDSA keys on P-256 and P-384, and Ed25519 keys, and no forged signature of any", async () => {
  for (const key of [TUF_KEY, ED25519, P384]) {
    const keys = { root: [key], timestamp: [key], snapshot: [key], targets: [key] };
    const files = await forgeTuf({ keys });
    assert.equal(await outcome(clientOf(files), files), "", key.kind);
    for (const role of ["timestamp", "snapshot", "targets"] as const) {
      const damage = (metadata: Json): void => {
        const { sig } = metadata.signatures[0];
        const at = 20;
        metadata.signatures[0].sig = sig.slice(0, at) + (sig[at] === "0" ? "1" : "0") +
          sig.slice(at + 1);
      };
      await refused({ keys, after: { [role]: damage } }, /^signature: .* signed by 0 of its keys/);
      const change = (metadata: Json): void => {
        metadata.signed.more = 1;
      };
      await refused({ keys, after: { [role]: change } }, /^signature: /);
    }
  }
});

Deno.test("a client of TUF asks again only for what changed", async () => {
  const files = await forgeTuf();
  const client = clientOf(files);
  await client.update(reader(files), NOW);
  const asked: string[] = [];
  await client.update(reader(files, asked), NOW);
  assert.deepEqual(asked, ["2.root.json", "timestamp.json"]);
});

const METADATA: readonly TufRole[] = ["timestamp", "snapshot", "targets"];

Deno.test("a client of TUF refuses what other keys, or too few, have signed", async () => {
  for (const role of METADATA) {
    await refused({ signers: { [role]: [TUF_OTHER_KEY] } }, /^signature: /);
    await refused({ signers: { [role]: [] } }, /^signature: /);
    const keys = { [role]: [TUF_KEY, TUF_OTHER_KEY] };
    const thresholds = { [role]: 2 };
    await refused({ keys, thresholds, signers: { [role]: [TUF_KEY] } }, /by 1 of its keys; 2 are/);
    const files = await forgeTuf({ keys, thresholds });
    assert.equal(await outcome(clientOf(files), files), "");
  }
});

Deno.test("a client of TUF counts a key once, under however many names", async () => {
  const change = (signed: Json): void => {
    signed.keys["another name"] = tufKey(TUF_KEY);
    signed.roles.timestamp = {
      keyids: [...signed.roles.timestamp.keyids, "another name"],
      threshold: 2,
    };
  };
  const after = (metadata: Json): void => {
    metadata.signatures.push({ ...metadata.signatures[0], keyid: "another name" });
  };
  await refused(
    { change: { root: change }, after: { timestamp: after } },
    /by 1 of its keys; 2 are/,
  );
  const twice = (metadata: Json): void => metadata.signatures.push(metadata.signatures[0]);
  await refused({ after: { timestamp: twice } }, /^malformed: .*two signatures by one key/);
});

Deno.test("a client of TUF refuses metadata that has expired: a mirror that is frozen", async () => {
  for (const role of ["root", ...METADATA] as const) {
    const files = await forgeTuf({ expires: { [role]: PAST } });
    const client = clientOf(files);
    assert.match(await outcome(client, files), new RegExp(`^expired: ${role}.json has expired`));
    assert.equal(await outcome(client, files, new Date("2026-11-24T11:59:58Z")), "", role);
    // What was there before it expired stays.
    assert.match(await outcome(client, files), /^expired/);
    assert.equal(textOf(client), "{}");
  }
});

Deno.test("a client of TUF never goes back to an older version", async () => {
  const versions = { timestamp: 3, snapshot: 3, targets: 3 };
  const now = await forgeTuf({ versions });
  for (const role of METADATA) {
    const client = clientOf(now);
    assert.equal(await outcome(client, now), "");
    // What is above it is newer, so that only this one file went back.
    const above = METADATA.slice(0, METADATA.indexOf(role));
    const newer = Object.fromEntries(above.map((one) => [one, 4]));
    const old = await forgeTuf({ versions: { ...versions, ...newer, [role]: 2 } });
    assert.match(await outcome(client, old), /^rollback: /, role);
    assert.equal(textOf(client), "{}");
  }
});

Deno.test("a client of TUF refuses a snapshot that has lost a file", async () => {
  const add = (signed: Json): void => {
    signed.meta["more.json"] = { version: 1 };
  };
  const before = await forgeTuf({ change: { snapshot: add } });
  const client = clientOf(before);
  assert.equal(await outcome(client, before), "");
  const after = await forgeTuf({ versions: { timestamp: 2, snapshot: 2 } });
  assert.match(await outcome(client, after), /^rollback: snapshot.json has lost more.json/);
});

Deno.test("a client of TUF refuses files that are not those that are named", async () => {
  const replace = async (pattern: RegExp, bytes: (old: Bytes) => Bytes): Promise<string> => {
    const files = await forgeTuf({ targets: { [NAME]: "right" } });
    const [path = ""] = [...files.keys()].filter((one) => pattern.test(one));
    files.set(path, bytes(files.get(path) as Bytes));
    return await outcome(clientOf(files), files);
  };
  assert.match(await replace(/^targets/, () => utf8("wrong")), /^content: .* sha256/);
  assert.match(await replace(/^targets/, () => utf8("longer")), /^content: /);
  assert.match(await replace(/^targets/, () => utf8("less")), /^content: .* 4 bytes, not 5/);
  const space = (old: Bytes): Bytes => utf8(new TextDecoder().decode(old).replace("\n ", "\n\t"));
  assert.match(await replace(/snapshot/, space), /^content: 1.snapshot.json .* sha256/);
  assert.match(await replace(/\.targets/, space), /^content: 1.targets.json .* sha256/);
  for (const pattern of [/^targets/, /snapshot/, /\.targets/, /^timestamp/]) {
    const files = await forgeTuf();
    for (const path of [...files.keys()].filter((one) => pattern.test(one))) files.delete(path);
    assert.match(await outcome(clientOf(files), files), /^unavailable: .* is not there/);
  }
});

Deno.test("a client of TUF refuses versions that do not agree", async () => {
  const later = (metadata: Json): void => {
    metadata.meta["snapshot.json"].version = 2;
  };
  const files = await forgeTuf({ change: { timestamp: later } });
  files.set("2.snapshot.json", files.get("1.snapshot.json") as Bytes);
  assert.match(
    await outcome(clientOf(files), files),
    /^rollback: snapshot.json is of the version 1, not 2/,
  );
});

Deno.test("a client of TUF refuses targets that are not there, too large, or without a hash", async () => {
  const files = await forgeTuf();
  assert.match(await outcome(clientOf(files, "other.json"), files), /^content: .* have other.json/);
  const large = (signed: Json): void => {
    signed.targets[NAME].length = 2 ** 21;
  };
  await refused({ change: { targets: large } }, /^content: .* more than 1048576 bytes/);
  const weak = (signed: Json): void => {
    signed.targets[NAME].hashes = { md5: "00" };
  };
  await refused({ change: { targets: weak } }, /^content: .* no hash .* known/);
  const path = (signed: Json): void => {
    signed.targets[NAME].hashes = { sha256: "../../x" };
  };
  await refused({ change: { targets: path } }, /^malformed: .* not hexadecimal/);
  const none = (signed: Json): void => {
    delete signed.meta["targets.json"];
  };
  await refused({ change: { snapshot: none } }, /^malformed: .* no targets.json/);
});

/** The next root, signed by the given keys, put beside the files. */
async function rotate(
  files: TufFiles,
  next: TufOptions,
  signers: TufOptions["signers"],
  version = 2,
): Promise<TufFiles> {
  const made = await forgeTuf({
    ...next,
    versions: { timestamp: 2, snapshot: 2, targets: 2, ...next.versions, root: version },
    ...(signers === undefined ? {} : { signers }),
  });
  return new Map([["1.root.json", rootOf(files)], ...made]);
}

const NEW = { root: [TUF_OTHER_KEY], timestamp: [TUF_OTHER_KEY] };
const BOTH = { root: [TUF_KEY, TUF_OTHER_KEY] };

Deno.test("a client of TUF follows roots that old and new keys have signed", async () => {
  const first = await forgeTuf();
  const client = clientOf(first);
  assert.equal(await outcome(client, first), "");
  const second = await rotate(first, { keys: NEW, targets: { [NAME]: "new" } }, BOTH);
  assert.equal(await outcome(client, second), "");
  assert.equal(textOf(client), "new");
  // The old key of the timestamp signs nothing any more.
  const forged = { ...BOTH, timestamp: [TUF_KEY] };
  const stolen = await rotate(first, { keys: NEW, versions: { timestamp: 3 } }, forged);
  assert.match(await outcome(client, stolen), /^signature: timestamp.json/);
});

Deno.test("a client of TUF refuses a root without the old keys, without the new, or of another version", async () => {
  const first = await forgeTuf();
  for (const root of [[TUF_KEY], [TUF_OTHER_KEY]]) {
    const next = await rotate(first, { keys: NEW }, { root });
    const client = clientOf(first);
    assert.match(await outcome(client, next), /^signature: root.json/);
  }
  const third = await rotate(first, { keys: NEW }, BOTH, 3);
  const skipped = new Map([...third, ["2.root.json", third.get("3.root.json") as Bytes]]);
  assert.match(
    await outcome(clientOf(first), skipped),
    /^rollback: 2.root.json is of the version 3/,
  );
});

Deno.test("a client of TUF begins versions anew when the keys of timestamp or snapshot changed", async () => {
  const first = await forgeTuf({ versions: { timestamp: 1000, snapshot: 1000 } });
  const client = clientOf(first);
  assert.equal(await outcome(client, first), "");
  const same = await rotate(first, {}, undefined);
  assert.match(await outcome(client, same), /^rollback: timestamp.json/);
  const other = clientOf(first);
  assert.equal(await outcome(other, first), "");
  const rotated = await rotate(first, { keys: NEW }, BOTH);
  assert.equal(await outcome(other, rotated), "");
});

Deno.test("a client of TUF keeps a newer root also when the rest of an update fails", async () => {
  const first = await forgeTuf();
  const second = await rotate(first, { keys: NEW, expires: { timestamp: PAST } }, BOTH);
  const client = clientOf(first);
  assert.match(await outcome(client, second), /^expired/);
  assert.match(await outcome(client, first), /^signature: timestamp.json/);
});

Deno.test("a client of TUF gives its files, and another begins with them where it was", async () => {
  const first = await forgeTuf();
  const second = await rotate(first, { keys: NEW, targets: { [NAME]: "new" } }, BOTH);
  const client = clientOf(first);
  assert.equal(await outcome(client, second), "");
  const { files } = client;
  assert.equal([...files.keys()].at(-1), "timestamp.json");
  const next = clientOf(first);
  await next.update(reader(new Map(files)), undefined);
  assert.equal(textOf(next), "new");
  assert.match(await outcome(next, first), /^signature: /);
  // Time does not count for what is read again, signatures do.
  const late = clientOf(first);
  await late.update(reader(new Map(files)), undefined);
  const forged = new Map(files).set(
    [...files.keys()].find((path) => path.startsWith("targets/")) ?? "",
    utf8("forged"),
  );
  await assert.rejects(clientOf(first).update(reader(forged), undefined), TufError);
});

const MALFORMED: Readonly<Record<string, (signed: Json) => void>> = {
  "another type": (signed) => signed._type = "other",
  "another version of the specification": (signed) => signed.spec_version = "2.0",
  "no version": (signed) => delete signed.version,
  "version 0": (signed) => signed.version = 0,
  "a version that is a text": (signed) => signed.version = "1",
  "an expiry that is no time": (signed) => signed.expires = "soon",
};

for (const [what, change] of Object.entries(MALFORMED)) {
  Deno.test(`a client of TUF refuses metadata with ${what}`, async () => {
    for (const role of METADATA) await refused({ change: { [role]: change } }, /^malformed: /);
    const files = await forgeTuf({ change: { root: change } });
    assert.throws(() => new TufClient([...files.values()][0] as Bytes, NAME), TufError);
  });
}

Deno.test("a client of TUF refuses roots that are none", async () => {
  const changes: ((signed: Json) => void)[] = [
    (signed) => delete signed.roles.timestamp,
    (signed) => signed.roles.timestamp.threshold = 0,
    (signed) => signed.roles.timestamp.keyids.push(signed.roles.timestamp.keyids[0]),
    (signed) => signed.keys = [],
    (signed) => signed.consistent_snapshot = 1,
    (signed) => signed.keys.x = { scheme: "ed25519" },
  ];
  for (const change of changes) {
    const files = await forgeTuf({ change: { root: change } });
    assert.throws(() => clientOf(files), /^TufError: root.json cannot be read/);
  }
  for (const text of ["", "{}", "[]", '{"signed":{},"signed":{},"signatures":[]}']) {
    assert.throws(() => new TufClient(utf8(text), NAME), TufError, text);
  }
  const fraction = await signTuf({ _type: "root", spec_version: "1.0.0", version: 1.5 }, [TUF_KEY]);
  assert.throws(() => new TufClient(utf8(JSON.stringify(fraction)), NAME), TufError);
});

Deno.test("a client of TUF passes over keys that it cannot use", async () => {
  const odd = {
    "unknown scheme": { ...tufKey(TUF_OTHER_KEY), scheme: "sphincs" },
    "another curve than the scheme's": { ...tufKey(P384), scheme: "ecdsa-sha2-nistp256" },
    "no key": { keytype: "ecdsa", scheme: "ecdsa-sha2-nistp256", keyval: { public: "no key" } },
    "a short key": { keytype: "ed25519", scheme: "ed25519", keyval: { public: "00" } },
  };
  const id = await keyId(TUF_KEY);
  const change = (signed: Json): void => {
    Object.assign(signed.keys, odd);
    signed.roles.timestamp.keyids = [id, ...Object.keys(odd)];
  };
  const files = await forgeTuf({ change: { root: change } });
  assert.equal(await outcome(clientOf(files), files), "");
  const more = (signed: Json): void => {
    change(signed);
    signed.roles.timestamp.threshold = 2;
  };
  const after = (metadata: Json): void => {
    for (const keyid of Object.keys(odd)) {
      metadata.signatures.push({ ...metadata.signatures[0], keyid });
    }
  };
  await refused({ change: { root: more }, after: { timestamp: after } }, /by 1 of its keys; 2 are/);
});

Deno.test("a client of TUF takes nothing that has a byte changed", async () => {
  const files = await forgeTuf({ targets: { [NAME]: "the root" } });
  const paths = [...files.keys()].filter((path) => path !== "1.root.json");
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (path, position, mask) => {
        const original = files.get(path) as Bytes;
        const bytes = original.slice();
        const at = position % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        const client = clientOf(files);
        const changed = new Map(files).set(path, bytes);
        const said = await outcome(client, changed);
        // White space, and upper and lower case in a signature, are not signed in the timestamp.
        if (path === "timestamp.json" && said === "") {
          assert.deepEqual(parseTimestamp(bytes).signedBytes, parseTimestamp(original).signedBytes);
          assert.equal(textOf(client), "the root");
          return;
        }
        assert.notEqual(said, "", `${path} ${at}`);
        assert.equal(client.target, undefined);
      },
    ),
    { numRuns: 300 },
  );
});
