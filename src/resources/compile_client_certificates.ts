import { decodePem, FormatError } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { readCertificates, readTextFile } from "../keys/mod.ts";
import type { ClientCertificate } from "../stores/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { Path } from "./document.ts";
import { isObject } from "./members.ts";

const KEY_LABELS = ["PRIVATE KEY", "EC PRIVATE KEY", "RSA PRIVATE KEY"];

/**
 * The client certificates of a store as PEM text. Each part is written as that, or, for the cluster only, as
 * the path of a file. Nothing of a key is ever quoted.
 *
 * @param inputs takes what was read from files, for the generation of the configuration; of keys, nothing.
 */
export async function readClientCertificates(
  candidate: Candidate,
  inputs: string[],
  problems: ProblemList,
): Promise<Record<string, ClientCertificate>> {
  const pairs = candidate.parameters?.["clientCertificates"];
  const read: Record<string, ClientCertificate> = {};
  for (const [host, pair] of Object.entries(isObject(pairs) ? pairs : {})) {
    if (!isObject(pair)) continue; // the schema has said so
    const at = [...candidate.parametersPath, "clientCertificates", host];
    const certificate = await readPart(
      candidate,
      pair["certificate"],
      [...at, "certificate"],
      problems,
    );
    const key = await readPart(candidate, pair["key"], [...at, "key"], problems);
    if (certificate === undefined || key === undefined) continue;
    if (pair["key"] === key) {
      const text = "stands in the resource: who may read that may use it; name a file instead";
      problems.of(candidate, [...at, "key"], text, { severity: "warning" });
    }
    try {
      const [own] = readCertificates(certificate);
      checkPair(certificate, key);
      read[host] = { certificate, key };
      inputs.push(`${candidate.label} ${host} client ${own?.fingerprint}`);
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      problems.of(candidate, at, `${error.message}. ${error.remedy}`, { code: error.code });
    }
  }
  return read;
}

async function readPart(
  candidate: Candidate,
  value: unknown,
  path: Path,
  problems: ProblemList,
): Promise<string | undefined> {
  if (typeof value !== "string" || value === "") return undefined; // the schema has said so
  if (value.includes("-----BEGIN")) return value;
  if (candidate.scope !== "") {
    const text = "must be PEM text in a namespace: a path names files of the process";
    problems.of(candidate, path, text);
    return undefined;
  }
  try {
    return await readTextFile(value);
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    problems.of(candidate, path, error.message, { code: "CERT_INVALID" });
    return undefined;
  }
}

/** @throws {AssayError} KEY_INVALID when connections cannot be made with them. */
function checkPair(cert: string, key: string): void {
  try {
    if (!decodePem(key).some(({ label }) => KEY_LABELS.includes(label))) {
      throw new FormatError("PEM", "there is no private key");
    }
    Deno.createHttpClient({ cert, key }).close();
  } catch {
    // What is wrong with it may quote the key.
    throw new AssayError({
      code: "KEY_INVALID",
      component: "referrerStore",
      message: "has no private key in PEM that goes with the certificate",
      remedy: "Name the certificate and the private key that it was issued for.",
    });
  }
}
