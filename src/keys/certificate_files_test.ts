import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { corpusRoot } from "../../tests/corpus.ts";
import { temporaryFolder } from "../../tests/temp.ts";
import { AssayError } from "../errors.ts";
import { readCertificateFiles } from "./certificate_files.ts";

const ROOT = await corpusRoot();
const ONE = await Deno.readTextFile(`${ROOT}/trust/x509/249c1ab376f9.pem`);
const TWO = await Deno.readTextFile(`${ROOT}/trust/x509/dcb5c2e3b657.pem`);
const KEY = await Deno.readTextFile(`${ROOT}/trust/cosign/p256.pub`);

function der(pem: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(pem.split("\n").slice(1, -2).join(""), "base64"));
}

async function fingerprints(...paths: readonly string[]): Promise<string[]> {
  return (await readCertificateFiles(paths)).map(({ fingerprint }) => fingerprint.slice(0, 8));
}

const FIRST = "249c1ab3";
const SECOND = "dcb5c2e3";

async function failure(path: string): Promise<AssayError> {
  try {
    await readCertificateFiles([path]);
  } catch (error) {
    if (error instanceof AssayError) return error;
    throw error;
  }
  return assert.fail(`${path} was read`);
}

Deno.test("readCertificateFiles reads PEM and DER, one or several to a file", async () => {
  await using folder = await temporaryFolder();
  const file = (name: string): string => `${folder.path}/${name}`;
  await Deno.writeTextFile(file("pem"), ONE + TWO);
  await Deno.writeFile(file("der"), Uint8Array.from([...der(TWO), ...der(ONE)]));
  assert.deepEqual(await fingerprints(file("pem")), [FIRST, SECOND]);
  assert.deepEqual(await fingerprints(file("der")), [SECOND, FIRST]);
  assert.deepEqual(await fingerprints(file("der"), file("pem")), [SECOND, FIRST, FIRST, SECOND]);
});

Deno.test("readCertificateFiles reads directories with what is below, without hidden entries", async () => {
  await using folder = await temporaryFolder();
  await Deno.mkdir(`${folder.path}/b/c`, { recursive: true });
  await Deno.mkdir(`${folder.path}/..2026`);
  await Deno.writeTextFile(`${folder.path}/b/c/x.crt`, ONE);
  await Deno.writeTextFile(`${folder.path}/a.pem`, TWO);
  await Deno.writeTextFile(`${folder.path}/.hidden`, "nothing to read");
  await Deno.writeTextFile(`${folder.path}/..2026/a.pem`, TWO);
  assert.deepEqual(await fingerprints(folder.path), [SECOND, FIRST]);
});

Deno.test("readCertificateFiles of an empty directory finds nothing", async () => {
  await using folder = await temporaryFolder();
  assert.deepEqual(await fingerprints(folder.path), []);
});

Deno.test("readCertificateFiles refuses what it cannot read, naming the file", async () => {
  await using folder = await temporaryFolder();
  const file = (name: string): string => `${folder.path}/${name}`;
  await Deno.writeTextFile(file("readme"), "These are our certificates.");
  await Deno.writeTextFile(file("empty"), "");
  await Deno.writeTextFile(file("key"), KEY);
  await Deno.writeTextFile(file("secret"), "-----BEGIN PRIVATE KEY-----\nMIGH\n");
  await Deno.writeFile(file("cut"), der(ONE).slice(0, -1));
  await Deno.writeFile(file("trailing"), Uint8Array.from([...der(ONE), 0]));
  await Deno.writeFile(file("sequence"), Uint8Array.of(0x30, 0));
  await Deno.writeFile(file("large"), new Uint8Array(1024 * 1024 + 1));
  const cases: readonly (readonly [string, RegExp])[] = [
    ["missing", /: it does not exist$/],
    ["readme", /: it holds no certificate/],
    ["empty", /: it holds no certificate/],
    ["key", /: it holds a PUBLIC KEY block/],
    ["secret", /: it holds a PRIVATE KEY, which must never be/],
    ["cut", /: DER: /],
    ["trailing", /: DER: /],
    ["sequence", /: X\.509: |: DER: /],
    ["large", /: it has more than 1048576 bytes$/],
  ];
  for (const [name, message] of cases) {
    const error = await failure(file(name));
    assert.equal(error.code, "CERT_INVALID");
    assert.ok(error.message.startsWith(`The certificates in ${file(name)} cannot be read: `), name);
    assert.match(error.message, message);
  }
});

Deno.test("readCertificateFiles refuses a link that leads to itself, and folders without end", async () => {
  await using folder = await temporaryFolder();
  const { success } = await new Deno.Command("ln", {
    args: ["-s", folder.path, `${folder.path}/again`],
  }).output();
  assert.ok(success);
  assert.match((await failure(folder.path)).message, /1000 files or 8 levels of folders$/);
});

Deno.test("readCertificateFiles refuses more than 1000 files", async () => {
  await using folder = await temporaryFolder();
  for (let index = 0; index <= 1000; index++) {
    Deno.writeTextFileSync(`${folder.path}/${index}`, "");
  }
  assert.match((await failure(folder.path)).message, /1000 files or 8 levels of folders$/);
});
