import { crc32c } from "../../src/cloud/gcp/crc32c.ts";
import { type Asked, type Clock, CloudDouble } from "./double.ts";
import { metadata, TOKEN_PATH } from "./gcp.ts";

/** The key ring that there is. */
export const RING = "projects/example/locations/europe-west1/keyRings/signing";

/** A version of a crypto key. */
export interface KmsVersion {
  readonly version: string;
  state: string;
  readonly algorithm: string;
  readonly pem: string;
}

/** Cloud KMS and its metadata server, in one place; each refuses what the real one refuses. */
export interface GcpKmsDouble extends AsyncDisposable {
  readonly double: CloudDouble;
  /** Versions of crypto keys by name. */
  readonly keys: Map<string, KmsVersion[]>;
  issued: number;
  pageSize: number;
  /** What is said of the checksum. */
  checksum: (pem: string) => string;
}

/** Starts one, without keys. */
export function gcpKmsDouble(clock: Clock): GcpKmsDouble {
  const tokens = new Map<string, number>();
  const double = new CloudDouble((asked) => {
    if (asked.url.pathname === TOKEN_PATH) {
      return metadata(asked, `?scopes=${encodeURIComponent(SCOPE)}`, () => {
        const token = `PLANTED-gcp-kms-${++kms.issued}`;
        tokens.set(token, clock.time + 3_599_000);
        return token;
      });
    }
    const [, token = ""] = /^Bearer (.+)$/.exec(asked.headers.get("authorization") ?? "") ?? [];
    if ((tokens.get(token) ?? 0) <= clock.time) return refuse(401, "UNAUTHENTICATED");
    return answer(asked, kms);
  });
  const kms: GcpKmsDouble = {
    double,
    keys: new Map(),
    issued: 0,
    pageSize: 100,
    checksum: (pem) => String(crc32c(new TextEncoder().encode(pem))),
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
  return kms;
}

const SCOPE = "https://www.googleapis.com/auth/cloudkms";

function refuse(code: number, status: string): Response {
  return Response.json({ error: { code, message: "PLANTED message", status } }, { status: code });
}

function answer({ method, url }: Asked, kms: GcpKmsDouble): Response {
  const prefix = `/v1/${RING}/cryptoKeys/`;
  if (method !== "GET" || !url.pathname.startsWith(prefix)) return refuse(404, "NOT_FOUND");
  const [name = "", part, number, last] = url.pathname.slice(prefix.length).split("/");
  const all = kms.keys.get(name);
  if (all === undefined || part !== "cryptoKeyVersions") return refuse(404, "NOT_FOUND");
  const described = ({ version, state, algorithm }: KmsVersion): object => ({
    name: `${RING}/cryptoKeys/${name}/cryptoKeyVersions/${version}`,
    state,
    algorithm,
    protectionLevel: "HSM",
  });
  if (number === undefined) {
    if (Number(url.searchParams.get("pageSize")) > 1000) return refuse(400, "INVALID_ARGUMENT");
    const start = Number(url.searchParams.get("pageToken") ?? 0);
    const end = start + kms.pageSize;
    return Response.json({
      cryptoKeyVersions: all.slice(start, end).map(described),
      ...(end < all.length ? { nextPageToken: String(end) } : {}),
      totalSize: all.length,
    });
  }
  const found = all.find(({ version }) => version === number);
  if (found === undefined) return refuse(404, "NOT_FOUND");
  if (last === undefined) return Response.json(described(found));
  if (last !== "publicKey") return refuse(404, "NOT_FOUND");
  if (found.state !== "ENABLED") return refuse(400, "FAILED_PRECONDITION");
  const { pem } = found;
  return Response.json({ ...described(found), pem, pemCrc32c: kms.checksum(pem) });
}
