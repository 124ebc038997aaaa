import { createHash, createHmac } from "node:crypto";
import type { Asked } from "./double.ts";

/** Whose signature a request should have. */
export interface ExpectedSigner {
  readonly accessKeyId: string;
  readonly secret: string;
  readonly token: string | undefined;
  readonly service: string;
  readonly region: string;
}

/** What is wrong with a request's AWS Signature Version 4; undefined when nothing is. Written from its documentation. */
export function signatureProblem(asked: Asked, expected: ExpectedSigner): string | undefined {
  const { url, headers: given, method, body } = asked;
  const match =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/
      .exec(given.get("authorization") ?? "");
  if (match === null) return "no signature";
  const [, id, date = "", region = "", service = "", names = "", signature] = match;
  const time = given.get("x-amz-date") ?? "";
  if (id !== expected.accessKeyId) return "another key";
  if (service !== expected.service || region !== expected.region || !time.startsWith(date)) {
    return "another scope";
  }
  if ((given.get("x-amz-security-token") ?? undefined) !== expected.token) return "another token";
  const listed = names.split(";");
  const amz = [...given.keys()].filter((name) => name.startsWith("x-amz-"));
  if (["host", ...amz].some((name) => !listed.includes(name))) return "an unsigned header";
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(
      /[!'()*]/g,
      (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  const query = [...url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort().join("&");
  const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Uint8Array, text: string): Uint8Array =>
    new Uint8Array(createHmac("sha256", key).update(text).digest());
  const headers = listed.map((name) => {
    const value = name === "host" ? url.host : given.get(name);
    return `${name}:${value?.trim()}\n`;
  }).join("");
  const canonical = [method, url.pathname, query, headers, names, sha256(body)].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = [region, service, "aws4_request"].reduce<Uint8Array>(
    (before, part) => hmac(before, part),
    hmac(`AWS4${expected.secret}`, date),
  );
  return hmac(key, text).toHex() === signature ? undefined : "a wrong signature";
}
