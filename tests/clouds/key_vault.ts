import { entra, TENANT } from "./azure.ts";
import { type Asked, type Clock, CloudDouble } from "./double.ts";

/** The host of the vault, as its identifiers have it. */
export const VAULT = "example.vault.azure.net";

/** A version of an object in the vault. */
export interface VaultedVersion {
  readonly version: string;
  enabled: boolean;
  readonly created: number;
  /** What is beside `attributes` in an answer: `value` and `contentType`, or the members of `key`. */
  readonly content: Readonly<Record<string, unknown>>;
}

/** A Key Vault and its Entra ID, in one place; each refuses what the real one refuses. */
export interface VaultDouble extends AsyncDisposable {
  readonly double: CloudDouble;
  /** Certificates by name, with what their secrets hold; versions in any order. */
  readonly certificates: Map<string, VaultedVersion[]>;
  readonly keys: Map<string, VaultedVersion[]>;
  /** What the vault says in a challenge. */
  challenge: string;
  /** The resource that Entra ID issues tokens for. */
  resource: string;
  /** How many tokens were issued. */
  issued: number;
  /** Where a list goes on, when it has a second page. */
  nextLink: (path: string) => string;
  /** How many versions are on a page. */
  pageSize: number;
}

/** Starts one, empty. */
export function vaultDouble(clock: Clock): VaultDouble {
  const tokens = new Map<string, number>();
  const double = new CloudDouble((asked) => {
    if (asked.url.pathname.endsWith("/oauth2/v2.0/token")) {
      const token = `PLANTED-vault-token-${++vault.issued}`;
      tokens.set(token, clock.time + 86_399_000);
      return asked.url.pathname.startsWith(`/${TENANT}/`)
        ? entra(asked, clock, vault.resource, token)
        : Response.json({ error: "invalid_request", error_codes: [90002] }, { status: 400 });
    }
    const [, token = ""] = /^Bearer (.+)$/.exec(asked.headers.get("authorization") ?? "") ?? [];
    if ((tokens.get(token) ?? 0) <= clock.time) {
      const error = { code: "Unauthorized", message: "AKV10000: PLANTED" };
      const headers = { "www-authenticate": vault.challenge };
      return Response.json({ error }, { status: 401, headers });
    }
    return answer(asked, vault);
  });
  const vault: VaultDouble = {
    double,
    certificates: new Map(),
    keys: new Map(),
    challenge:
      `Bearer authorization="https://login.microsoftonline.com/${TENANT}", resource="https://vault.azure.net"`,
    resource: "https://vault.azure.net",
    issued: 0,
    nextLink: (path) => `https://${VAULT}${path}`,
    pageSize: 25,
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
  return vault;
}

function refuse(status: number, code: string, inner?: string): Response {
  const innererror = inner === undefined ? {} : { innererror: { code: inner } };
  return Response.json({ error: { code, message: "PLANTED message", ...innererror } }, { status });
}

function answer({ method, url }: Asked, vault: VaultDouble): Response {
  if (method !== "GET" || url.searchParams.get("api-version") !== "7.4") {
    return refuse(400, "BadParameter");
  }
  const [, kind = "", name = "", version = "", ...more] = url.pathname.split("/");
  if (more.length > 0) return refuse(404, "NotFound");
  const all = (kind === "keys" ? vault.keys : vault.certificates).get(name);
  const what = { secrets: "Secret", certificates: "Certificate", keys: "Key" }[kind];
  if (what === undefined || (kind === "secrets" && version === "versions")) {
    return refuse(404, "NotFound");
  }
  if (all === undefined) return refuse(404, `${what}NotFound`);
  const identified = (each: VaultedVersion): object => {
    const attributes = { enabled: each.enabled, created: each.created, updated: each.created };
    const id = `https://${VAULT}/${kind}/${name}/${each.version}`;
    return kind === "keys" ? { kid: id, attributes } : { id, attributes };
  };
  if (version === "versions") {
    const start = Number(url.searchParams.get("$skiptoken") ?? 0);
    const end = start + vault.pageSize;
    const next = `${url.pathname}?api-version=7.4&$skiptoken=${end}&maxresults=25`;
    return Response.json({
      value: all.slice(start, end).map(identified),
      nextLink: end < all.length ? vault.nextLink(next) : null,
    });
  }
  const found = version === ""
    ? all.toSorted((a, b) => b.created - a.created)[0]
    : all.find((each) => each.version === version);
  if (found === undefined) return refuse(404, `${what}NotFound`);
  if (kind === "secrets" && !found.enabled) return refuse(403, "Forbidden", "SecretDisabled");
  const { attributes, ...id } = identified(found) as Record<string, unknown>;
  if (kind === "keys") return Response.json({ key: { ...id, ...found.content }, attributes });
  return Response.json({
    ...id,
    attributes,
    ...(kind === "secrets" ? found.content : { cer: "" }),
  });
}
