/** Signs requests to Alibaba Cloud (ACS3-HMAC-SHA256, signature version 3). */

import { encodeUtf8, hash, toHex } from "../../crypto/mod.ts";

const ALGORITHM = "ACS3-HMAC-SHA256";

/** What signs requests to Alibaba Cloud. */
export interface AlibabaKeys {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken?: string;
}

/** A call of an API in RPC style: `POST /`, with parameters in the query and without body. */
export interface AlibabaCall {
  readonly host: string;
  readonly action: string;
  readonly version: string;
  readonly query: Readonly<Record<string, string>>;
  /** A text that no other call has. */
  readonly nonce: string;
  readonly date: Date;
}

/** A call as it is sent. */
export interface SignedCall {
  /** Path and query. */
  readonly target: string;
  /** All headers but `host`. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Signs a call. */
export async function signCall(call: AlibabaCall, keys: AlibabaKeys): Promise<SignedCall> {
  const payload = sha256("");
  const headers: Record<string, string> = {
    "x-acs-action": call.action,
    "x-acs-content-sha256": payload,
    "x-acs-date": call.date.toISOString().replace(/\.\d{3}Z$/, "Z"),
    "x-acs-signature-nonce": call.nonce,
    "x-acs-version": call.version,
    "x-acs-accesskey-id": keys.accessKeyId,
    ...(keys.securityToken === undefined ? {} : { "x-acs-security-token": keys.securityToken }),
  };
  const query = Object.entries(call.query)
    .map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).toSorted().join("&");
  const signed = Object.entries({ ...headers, host: call.host }).toSorted(([a], [b]) =>
    a < b ? -1 : 1
  );
  const names = signed.map(([name]) => name).join(";");
  const lines = signed.map(([name, value]) => `${name}:${value.trim()}\n`).join("");
  const canonical = ["POST", "/", query, lines, names, payload].join("\n");
  const signature = await hmac(keys.accessKeySecret, `${ALGORITHM}\n${sha256(canonical)}`);
  return {
    target: `/?${query}`,
    headers: {
      ...headers,
      accept: "application/json",
      authorization:
        `${ALGORITHM} Credential=${keys.accessKeyId},SignedHeaders=${names},Signature=${signature}`,
    },
  };
}

/** Percent-encoding of RFC 3986: everything but letters, digits and `-_.~`. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return toHex(hash("SHA-256", encodeUtf8(text)));
}

async function hmac(key: string, text: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", encodeUtf8(key), algorithm, false, [
    "sign",
  ]);
  return toHex(new Uint8Array(await crypto.subtle.sign("HMAC", imported, encodeUtf8(text))));
}
