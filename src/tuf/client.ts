import { type Bytes, encodeUtf8, equalBytes, hash, type HashName, toHex } from "../crypto/mod.ts";
import {
  type FileInfo,
  type Metadata,
  parseRoot,
  parseSnapshot,
  parseTargets,
  parseTimestamp,
  type RoleName,
  type Root,
  type Snapshot,
  type Targets,
  type Timestamp,
} from "./metadata.ts";
import { checkThreshold } from "./role_keys.ts";
import { TufError } from "./tuf_error.ts";

/** The most bytes of each kind of file, and how many roots are followed in one update. */
const MAX_BYTES = {
  root: 512 * 1024,
  timestamp: 16 * 1024,
  snapshot: 2 * 1024 * 1024,
  targets: 5 * 1024 * 1024,
  target: 1024 * 1024,
} as const;
const MAX_ROTATIONS = 256;

/**
 * Reads a file of a repository, by its path below the repository's address.
 *
 * @returns undefined when there is none.
 * @throws {TufError} `unavailable`, or `content` for more bytes than allowed.
 */
export type FileReader = (path: string, maxBytes: number) => Promise<Bytes | undefined>;

const HASHES: readonly (readonly [string, HashName])[] = [
  ["sha256", "SHA-256"],
  ["sha512", "SHA-512"],
];

/**
 * A client of one target of a TUF repository (The Update Framework 1.0, "Detailed client workflow"). It
 * begins with a root that it is given, and what it believes can only go forward: each step is kept as
 * soon as it is verified, also when a later one fails. Targets that are delegated are not looked for.
 */
export class TufClient {
  readonly #name: string;
  #root: Root;
  #rotations: readonly Root[] = [];
  #timestamp: Timestamp | undefined;
  #snapshot: Snapshot | undefined;
  #targets: Targets | undefined;
  #target: { readonly path: string; readonly bytes: Bytes } | undefined;

  /**
   * @param root the root metadata to begin with. Its expiry does not matter: newer ones follow.
   * @param name the target's name, such as `trusted_root.json`.
   * @throws {TufError} `malformed`.
   */
  constructor(root: Bytes, name: string) {
    this.#name = name;
    this.#root = parseRoot(root);
  }

  /** The target as last verified. */
  get target(): Bytes | undefined {
    return this.#target?.bytes;
  }

  /** Everything that was verified, by path: enough to begin there again. What depends on others comes last. */
  get files(): ReadonlyMap<string, Bytes> {
    const files = new Map<string, Bytes>();
    if (this.#target !== undefined) files.set(this.#target.path, this.#target.bytes);
    for (const root of this.#rotations) files.set(`${root.version}.root.json`, root.bytes);
    const { consistentSnapshot: versioned } = this.#root;
    if (this.#targets !== undefined) {
      files.set(pathOf("targets", this.#targets.version, versioned), this.#targets.bytes);
    }
    if (this.#snapshot !== undefined) {
      files.set(pathOf("snapshot", this.#snapshot.version, versioned), this.#snapshot.bytes);
    }
    if (this.#timestamp !== undefined) files.set("timestamp.json", this.#timestamp.bytes);
    return files;
  }

  /**
   * Brings everything up to date.
   *
   * @param now against which expiry is judged; undefined for files that were verified when they were new,
   * and are read again.
   * @throws {TufError} what is wrong; {@link target} stays what it was.
   */
  async update(read: FileReader, now: Date | undefined): Promise<void> {
    const seconds = now === undefined ? undefined : now.getTime() / 1000;
    await this.#updateRoot(read, seconds);
    const timestamp = await this.#updateTimestamp(read, seconds);
    const snapshot = await this.#updateSnapshot(read, timestamp, seconds);
    const targets = await this.#updateTargets(read, snapshot, seconds);
    await this.#updateTarget(read, targets);
  }

  /** Follows the chain of roots: each is signed by the keys of the one before, and by its own. */
  async #updateRoot(read: FileReader, seconds: number | undefined): Promise<void> {
    const before = this.#root;
    for (let count = 0; count < MAX_ROTATIONS; count++) {
      const version = this.#root.version + 1;
      const bytes = await read(`${version}.root.json`, MAX_BYTES.root);
      if (bytes === undefined) break;
      const next = parseRoot(bytes);
      await this.#checkSigned("root", next, this.#root);
      await this.#checkSigned("root", next, next);
      if (next.version !== version) {
        throw new TufError("rollback", `${version}.root.json is of the version ${next.version}`);
      }
      this.#root = next;
      this.#rotations = [...this.#rotations, next];
    }
    checkExpiry("root.json", this.#root, seconds);
    // New keys end what somebody with the old ones did to version numbers (§5.3.11).
    if (isRotated("timestamp", before, this.#root) || isRotated("snapshot", before, this.#root)) {
      this.#timestamp = undefined;
      this.#snapshot = undefined;
    }
  }

  async #updateTimestamp(read: FileReader, seconds: number | undefined): Promise<Timestamp> {
    const found = parseTimestamp(await required(read, "timestamp.json", MAX_BYTES.timestamp));
    await this.#checkSigned("timestamp", found);
    const before = this.#timestamp;
    if (before !== undefined) {
      checkForward("timestamp.json", before.version, found.version);
      checkForward("snapshot.json in it", before.snapshot.version, found.snapshot.version);
    }
    const kept = before !== undefined && before.version === found.version ? before : found;
    checkExpiry("timestamp.json", kept, seconds);
    this.#timestamp = kept;
    return kept;
  }

  async #updateSnapshot(
    read: FileReader,
    { snapshot: info }: Timestamp,
    seconds: number | undefined,
  ): Promise<Snapshot> {
    const before = this.#snapshot;
    const bytes = await this.#metadata(read, "snapshot", info, before);
    const found = parseSnapshot(bytes);
    await this.#checkSigned("snapshot", found);
    checkVersion("snapshot.json", info, found);
    for (const [name, { version }] of before?.files ?? []) {
      const now = found.files.get(name);
      if (now === undefined) throw new TufError("rollback", `snapshot.json has lost ${name}`);
      checkForward(`${name} in snapshot.json`, version, now.version);
    }
    checkExpiry("snapshot.json", found, seconds);
    this.#snapshot = found;
    return found;
  }

  async #updateTargets(
    read: FileReader,
    { files }: Snapshot,
    seconds: number | undefined,
  ): Promise<Targets> {
    const info = files.get("targets.json");
    if (info === undefined) throw new TufError("malformed", "snapshot.json names no targets.json");
    const found = parseTargets(await this.#metadata(read, "targets", info, this.#targets));
    await this.#checkSigned("targets", found);
    checkVersion("targets.json", info, found);
    checkExpiry("targets.json", found, seconds);
    this.#targets = found;
    return found;
  }

  async #updateTarget(read: FileReader, { targets }: Targets): Promise<void> {
    const name = this.#name;
    const info = targets.get(name);
    if (info?.length === undefined) {
      throw new TufError("content", `targets.json does not have ${name}`);
    }
    const [best] = HASHES.flatMap(([algorithm]) => info.hashes.get(algorithm) ?? []);
    if (best === undefined) {
      throw new TufError("content", `targets.json has no hash of ${name} that is known`);
    }
    const slash = name.lastIndexOf("/") + 1;
    const path = this.#root.consistentSnapshot
      ? `targets/${name.slice(0, slash)}${best}.${name.slice(slash)}`
      : `targets/${name}`;
    const known = this.#target?.bytes;
    if (known !== undefined && describeMismatch(known, info) === undefined) return;
    if (info.length > MAX_BYTES.target) {
      throw new TufError("content", `${name} has more than ${MAX_BYTES.target} bytes`);
    }
    const bytes = await required(read, path, info.length);
    checkContent(name, bytes, info);
    this.#target = { path, bytes };
  }

  /** A file of metadata: as it was, where it is still the same one. */
  async #metadata(
    read: FileReader,
    role: "snapshot" | "targets",
    info: FileInfo,
    before: Metadata | undefined,
  ): Promise<Bytes> {
    const same = before !== undefined && before.version === info.version &&
      describeMismatch(before.bytes, info) === undefined;
    if (same) return before.bytes;
    const path = pathOf(role, info.version, this.#root.consistentSnapshot);
    const limit = Math.min(info.length ?? MAX_BYTES[role], MAX_BYTES[role]);
    const bytes = await required(read, path, limit);
    checkContent(path, bytes, info);
    return bytes;
  }

  async #checkSigned(role: RoleName, metadata: Metadata, by: Root = this.#root): Promise<void> {
    const { signedBytes, signatures } = metadata;
    await checkThreshold(`${role}.json`, signedBytes, signatures, by.roles[role], by.keys);
  }
}

function pathOf(role: "snapshot" | "targets", version: number, versioned: boolean): string {
  return versioned ? `${version}.${role}.json` : `${role}.json`;
}

async function required(read: FileReader, path: string, maxBytes: number): Promise<Bytes> {
  const bytes = await read(path, maxBytes);
  if (bytes !== undefined) return bytes;
  throw new TufError("unavailable", `${path} is not there`);
}

function checkExpiry(what: string, { expires }: Metadata, seconds: number | undefined): void {
  if (seconds === undefined || seconds < expires) return;
  const at = new Date(expires * 1000).toISOString();
  throw new TufError("expired", `${what} has expired on ${at}`);
}

function checkForward(what: string, before: number, now: number): void {
  if (now >= before) return;
  throw new TufError("rollback", `${what} is of the version ${now}; ${before} was there before`);
}

function checkVersion(what: string, { version }: FileInfo, found: Metadata): void {
  if (found.version === version) return;
  throw new TufError("rollback", `${what} is of the version ${found.version}, not ${version}`);
}

function checkContent(what: string, bytes: Bytes, info: Omit<FileInfo, "version">): void {
  const problem = describeMismatch(bytes, info);
  if (problem !== undefined) throw new TufError("content", `${what} ${problem}`);
}

/** Why bytes are not those of a file. Hashes of kinds that are not known say nothing. */
function describeMismatch(
  bytes: Bytes,
  { length, hashes }: Omit<FileInfo, "version">,
): string | undefined {
  if (length !== undefined && bytes.length !== length) {
    return `has ${bytes.length} bytes, not ${length}`;
  }
  for (const [algorithm, name] of HASHES) {
    const wanted = hashes.get(algorithm);
    if (wanted !== undefined && toHex(hash(name, bytes)) !== wanted) {
      return `does not have the ${algorithm} that it must have`;
    }
  }
  return undefined;
}

/** Whether other keys sign a role than before, or another number of them must. */
function isRotated(role: RoleName, before: Root, now: Root): boolean {
  const describe = ({ roles, keys }: Root): Bytes => {
    const { keyIds, threshold } = roles[role];
    const names = [...keyIds].map((id) => keys.get(id)?.key.fingerprint ?? "").sort();
    return encodeUtf8(`${threshold} ${names.join(" ")}`);
  };
  return before !== now && !equalBytes(describe(before), describe(now));
}
