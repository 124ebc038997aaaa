import {
  type Bytes,
  decodeUtf8,
  FormatError,
  type JsonObject,
  type JsonValue,
  parseJson,
} from "../crypto/mod.ts";
import { parseTime } from "../trust/mod.ts";
import { canonicalJson } from "./canonical_json.ts";
import { readRoleKey, type Role, type RoleKey, type RoleSignature } from "./role_keys.ts";
import { TufError } from "./tuf_error.ts";

const MAX_SIGNATURES = 64;
const MAX_KEYS = 128;
const MAX_FILES = 10_000;

/** Metadata as read: nothing in it is believed before its signatures are. */
export interface Metadata {
  readonly version: number;
  /** Seconds since 1970. */
  readonly expires: number;
  readonly signatures: readonly RoleSignature[];
  /** What the signatures are over. */
  readonly signedBytes: Bytes;
  /** The file. */
  readonly bytes: Bytes;
}

/** The kinds of metadata whose keys the root names. */
export type RoleName = "root" | "timestamp" | "snapshot" | "targets";

const ROLES: readonly RoleName[] = ["root", "timestamp", "snapshot", "targets"];

/** Who signs what. */
export interface Root extends Metadata {
  readonly keys: ReadonlyMap<string, RoleKey>;
  readonly roles: Readonly<Record<RoleName, Role>>;
  /** Whether names of files have versions and hashes in them. */
  readonly consistentSnapshot: boolean;
}

/** What is known of a file: undefined parts are not said. */
export interface FileInfo {
  readonly version: number;
  readonly length: number | undefined;
  readonly hashes: ReadonlyMap<string, string>;
}

/** Which snapshot is the current one. */
export interface Timestamp extends Metadata {
  readonly snapshot: FileInfo;
}

/** Which version of each file is the current one, by name. */
export interface Snapshot extends Metadata {
  readonly files: ReadonlyMap<string, FileInfo>;
}

/** What there is to download, by name. */
export interface Targets extends Metadata {
  readonly targets: ReadonlyMap<string, Omit<FileInfo, "version">>;
}

/** Reads root metadata. @throws {TufError} `malformed`. */
export function parseRoot(bytes: Bytes): Root {
  return reading("root.json", () => {
    const { signed, ...common } = parseCommon(bytes, "root");
    const keys = new Map<string, RoleKey>();
    for (const [id, value] of entriesOf(signed["keys"], "keys", MAX_KEYS)) {
      const fields = objectOf(value, "a key");
      const text = objectOf(fields["keyval"], "a key's keyval")["public"];
      const key = readRoleKey(textOf(fields["scheme"], "a key's scheme"), textOf(text, "a key"));
      if (key !== undefined) keys.set(id, key);
    }
    const roles = objectOf(signed["roles"], "roles");
    const consistent = signed["consistent_snapshot"] ?? false;
    if (typeof consistent !== "boolean") throw invalid("consistent_snapshot is not true or false");
    return {
      ...common,
      keys,
      roles: Object.fromEntries(ROLES.map((name) => [name, readRole(roles[name], name)])) as Record<
        RoleName,
        Role
      >,
      consistentSnapshot: consistent,
    };
  });
}

function readRole(value: JsonValue | undefined, name: string): Role {
  const role = objectOf(value, `the role ${name}`);
  const ids = role["keyids"];
  if (!Array.isArray(ids) || ids.length > MAX_KEYS) throw invalid(`${name} has no list of keyids`);
  const keyIds = new Set(ids.map((id) => textOf(id, "a keyid")));
  if (keyIds.size < ids.length) throw invalid(`${name} has a keyid twice`);
  return { keyIds, threshold: positive(role["threshold"], `the threshold of ${name}`) };
}

/** Reads timestamp metadata. @throws {TufError} `malformed`. */
export function parseTimestamp(bytes: Bytes): Timestamp {
  return reading("timestamp.json", () => {
    const { signed, ...common } = parseCommon(bytes, "timestamp");
    const meta = objectOf(signed["meta"], "meta");
    return { ...common, snapshot: readVersioned(meta["snapshot.json"]) };
  });
}

/** Reads snapshot metadata. @throws {TufError} `malformed`. */
export function parseSnapshot(bytes: Bytes): Snapshot {
  return reading("snapshot.json", () => {
    const { signed, ...common } = parseCommon(bytes, "snapshot");
    const files = entriesOf(signed["meta"], "meta", MAX_FILES)
      .map(([name, value]) => [name, readVersioned(value)] as const);
    return { ...common, files: new Map(files) };
  });
}

/** Reads top-level targets metadata; what it delegates to others is not looked at. @throws {TufError} `malformed`. */
export function parseTargets(bytes: Bytes): Targets {
  return reading("targets.json", () => {
    const { signed, ...common } = parseCommon(bytes, "targets");
    const targets = entriesOf(signed["targets"], "targets", MAX_FILES)
      .map(([name, value]) => [name, readFile(objectOf(value, "a target"))] as const);
    return { ...common, targets: new Map(targets) };
  });
}

/** What all metadata has. Members that are not known are signed too, and otherwise not looked at. */
function parseCommon(bytes: Bytes, type: RoleName): Metadata & { readonly signed: JsonObject } {
  const limits = { maxLength: bytes.length, maxValues: 1_000_000 };
  const metadata = objectOf(parseJson(decodeUtf8(bytes), limits).value, "the metadata");
  const signed = objectOf(metadata["signed"], "signed");
  if (signed["_type"] !== type) throw invalid(`its _type is not ${type}`);
  if (!/^1\.\d+(?:\.\d+)?$/.test(textOf(signed["spec_version"], "spec_version"))) {
    throw invalid("its spec_version is not 1");
  }
  const expires = parseTime(textOf(signed["expires"], "expires"));
  if (expires === undefined) throw invalid("expires is not a time");
  const signatures = metadata["signatures"];
  if (!Array.isArray(signatures) || signatures.length > MAX_SIGNATURES) {
    throw invalid(`it has no list of at most ${MAX_SIGNATURES} signatures`);
  }
  const read = signatures.map(readSignature);
  if (new Set(read.map(({ keyId }) => keyId)).size < read.length) {
    throw invalid("it has two signatures by one key");
  }
  const signedBytes = canonicalJson(signed);
  const version = positive(signed["version"], "version");
  return { signed, version, expires, signatures: read, signedBytes, bytes };
}

/** An empty signature is the place of one that is not there yet. */
function readSignature(value: JsonValue): RoleSignature {
  const { keyid, sig } = objectOf(value, "a signature");
  const hex = textOf(sig, "a signature's sig");
  if (!/^(?:[0-9a-fA-F]{2}){0,2048}$/.test(hex)) throw invalid("a signature is not hexadecimal");
  return { keyId: textOf(keyid, "a signature's keyid"), signature: Uint8Array.fromHex(hex) };
}

function readVersioned(value: JsonValue | undefined): FileInfo {
  const file = objectOf(value, "a file in meta");
  return { version: positive(file["version"], "a version"), ...readFile(file) };
}

function readFile({ length, hashes }: JsonObject): Omit<FileInfo, "version"> {
  if (length !== undefined && (!Number.isSafeInteger(length) || Number(length) < 0)) {
    throw invalid("a length is not an integer from 0");
  }
  const known = hashes === undefined ? [] : entriesOf(hashes, "hashes", 16)
    .map(([name, hash]) => [name, readHash(hash)] as const);
  return { length: length as number | undefined, hashes: new Map(known) };
}

/** A hash also becomes part of a file's name, so that it must be nothing else. */
function readHash(value: JsonValue): string {
  const text = textOf(value, "a hash");
  if (/^[0-9a-fA-F]{1,256}$/.test(text)) return text.toLowerCase();
  throw invalid("a hash is not hexadecimal");
}

function entriesOf(
  value: JsonValue | undefined,
  what: string,
  most: number,
): (readonly [string, JsonValue])[] {
  const entries = Object.entries(objectOf(value, what));
  if (entries.length > most) throw invalid(`${what} has more than ${most} members`);
  return entries;
}

function objectOf(value: JsonValue | undefined, what: string): JsonObject {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw invalid(`${what} is not an object`);
}

function textOf(value: JsonValue | undefined, what: string): string {
  if (typeof value === "string") return value;
  throw invalid(`${what} is not a text`);
}

function positive(value: JsonValue | undefined, what: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value > 0) return value;
  throw invalid(`${what} is not an integer from 1`);
}

function reading<T>(file: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new TufError("malformed", `${file} cannot be read: ${error.message}`, { cause: error });
  }
}

function invalid(problem: string): FormatError {
  return new FormatError("TUF", problem);
}
