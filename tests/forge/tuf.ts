/** TUF repositories that are right in all but one thing (The Update Framework 1.0). */

import { type Bytes, utf8 } from "./bytes.ts";
import { type ForgedKey, forgeKey } from "./keys.ts";
import { type Json, signLike } from "./sigstore.ts";
import { sha256Hex } from "./certificate.ts";

const ROLES = ["root", "timestamp", "snapshot", "targets"] as const;

/** A kind of metadata. */
export type TufRole = typeof ROLES[number];

/** What to make a repository of; all has defaults. */
export interface TufOptions {
  /** The version of the root; each further one is signed by the keys of the one before as well. */
  readonly keys?: Partial<Record<TufRole, readonly ForgedKey[]>>;
  readonly thresholds?: Partial<Record<TufRole, number>>;
  readonly versions?: Partial<Record<TufRole, number>>;
  readonly expires?: Partial<Record<TufRole, string>>;
  /** The content of targets, by name. */
  readonly targets?: Readonly<Record<string, string>>;
  readonly consistentSnapshot?: boolean;
  /** Who signs in place of the keys of the role. */
  readonly signers?: Partial<Record<TufRole, readonly ForgedKey[]>>;
  /** Changes what is signed, before it is. */
  readonly change?: Partial<Record<TufRole, (signed: Json) => void>>;
  /** Changes a file after it was signed; what names it has the hash of the changed one. */
  readonly after?: Partial<Record<TufRole, (metadata: Json) => void>>;
}

/** The files of a repository, by path. */
export type TufFiles = Map<string, Bytes>;

export const TUF_KEY = await forgeKey("P-256", "tuf");
export const TUF_OTHER_KEY = await forgeKey("P-256", "another tuf");
export const TUF_EXPIRES = "2030-01-01T00:00:00Z";

/** The canonical form, written a second time. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "string") {
    return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
  }
  if (typeof value !== "object" || value === null) return `${value}`;
  return `{${
    Object.keys(value).sort().map((name) => `${canonical(name)}:${canonical(value[name])}`)
      .join(",")
  }}`;
}

/** Signs metadata. */
export async function signTuf(signed: Json, signers: readonly ForgedKey[]): Promise<Json> {
  const data = utf8(canonical(signed));
  const signatures = await Promise.all(signers.map(async (key) => ({
    keyid: await keyId(key),
    sig: (await signLike(key, data)).toHex(),
  })));
  return { signatures, signed };
}

/** How a key is called. */
export function keyId(key: ForgedKey): Promise<string> {
  return sha256Hex(utf8(canonical(tufKey(key))));
}

/** A key as root metadata has it. */
export function tufKey(key: ForgedKey): Json {
  if (key.kind === "Ed25519") {
    const value = key.spki.slice(-32).toHex();
    return { keytype: "ed25519", scheme: "ed25519", keyval: { public: value } };
  }
  const lines = key.spki.toBase64().match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
  const scheme = `ecdsa-sha2-nistp${key.kind.slice(2)}`;
  return { keytype: "ecdsa", scheme, keyval: { public: pem } };
}

/** Makes a repository. The root file is `<version>.root.json`. */
export async function forgeTuf(options: TufOptions = {}): Promise<TufFiles> {
  const { consistentSnapshot = true, targets = { "trusted_root.json": "{}" } } = options;
  const files: TufFiles = new Map();
  const keysOf = (role: TufRole): readonly ForgedKey[] => options.keys?.[role] ?? [TUF_KEY];
  const make = async (role: TufRole, rest: Json): Promise<Bytes> => {
    const signed = {
      _type: role,
      spec_version: "1.0.31",
      version: options.versions?.[role] ?? 1,
      expires: options.expires?.[role] ?? TUF_EXPIRES,
      ...rest,
    };
    options.change?.[role]?.(signed);
    const metadata = await signTuf(signed, options.signers?.[role] ?? keysOf(role));
    options.after?.[role]?.(metadata);
    return utf8(JSON.stringify(metadata, null, 1));
  };
  const versionOf = (role: TufRole): number => options.versions?.[role] ?? 1;
  const all = [...new Set(ROLES.flatMap(keysOf))];
  const keys = await Promise.all(all.map(async (key) => [await keyId(key), tufKey(key)]));
  const roles = await Promise.all(ROLES.map(async (role) => [role, {
    keyids: await Promise.all(keysOf(role).map(keyId)),
    threshold: options.thresholds?.[role] ?? 1,
  }]));
  const root = await make("root", {
    consistent_snapshot: consistentSnapshot,
    keys: Object.fromEntries(keys),
    roles: Object.fromEntries(roles),
  });
  files.set(`${versionOf("root")}.root.json`, root);
  const info = async (bytes: Bytes): Promise<Json> => ({
    length: bytes.length,
    hashes: { sha256: await sha256Hex(bytes) },
  });
  const listed: Record<string, Json> = {};
  for (const [name, text] of Object.entries(targets)) {
    const bytes = utf8(text);
    listed[name] = await info(bytes);
    const hash = listed[name].hashes.sha256;
    files.set(`targets/${consistentSnapshot ? `${hash}.` : ""}${name}`, bytes);
  }
  const path = (role: TufRole): string =>
    `${consistentSnapshot ? `${versionOf(role)}.` : ""}${role}.json`;
  const targetsFile = await make("targets", { targets: listed });
  files.set(path("targets"), targetsFile);
  const targetsInfo = { version: versionOf("targets"), ...await info(targetsFile) };
  const snapshot = await make("snapshot", { meta: { "targets.json": targetsInfo } });
  files.set(path("snapshot"), snapshot);
  const snapshotInfo = { version: versionOf("snapshot"), ...await info(snapshot) };
  files.set("timestamp.json", await make("timestamp", { meta: { "snapshot.json": snapshotInfo } }));
  return files;
}

/** A repository that is served; its files may be replaced. */
export interface TufServer extends AsyncDisposable {
  readonly url: string;
  files: TufFiles;
  /** Whether it answers with status 500. */
  down: boolean;
  /** The paths that were asked for. */
  readonly asked: string[];
}

/** Serves files on the loopback address. */
export function serveTuf(files: TufFiles): TufServer {
  const asked: string[] = [];
  const state = { files, down: false, asked };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const path = new URL(request.url).pathname.slice("/repo/".length);
    asked.push(path);
    if (state.down) return new Response("", { status: 500 });
    const bytes = state.files.get(path);
    return bytes === undefined ? new Response("", { status: 404 }) : new Response(bytes);
  });
  return Object.assign(state, {
    url: `http://127.0.0.1:${server.addr.port}/repo`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  });
}
