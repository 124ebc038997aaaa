import { type Asked, type Clock, CloudDouble } from "./double.ts";

/** The token that may do everything. */
export const ROOT_TOKEN = "root";

interface TransitVersion {
  readonly public_key: string;
  readonly creation_time: string;
}

interface TransitKey {
  readonly type: string;
  readonly versions: TransitVersion[];
  lowest: number;
}

interface SecretVersion {
  readonly data: unknown;
  deletion_time: string;
  destroyed: boolean;
}

/** A Vault server, as far as the tests need one: it refuses what the real one refuses. */
export interface VaultDouble extends AsyncDisposable {
  readonly double: CloudDouble;
  /** When tokens end, in milliseconds since 1970, and the policies that they have. */
  readonly tokens: Map<string, { until: number; readonly policies: readonly string[] }>;
}

/** Starts one. Engines are mounted as in a server for development, and `pki`, and `kv1`. */
export function vaultDouble(
  clock: Clock,
  namespace = "",
  tls?: { readonly cert: string; readonly key: string },
): VaultDouble {
  const state = new State(clock);
  const double = new CloudDouble((asked) => {
    const { url, headers } = asked;
    if ((headers.get("x-vault-namespace") ?? "") !== namespace) return refuse(404, "no handler");
    if (url.pathname === "/v1/auth/kubernetes/login") return state.login(asked);
    const token = headers.get("x-vault-token") ?? "";
    const known = token === ROOT_TOKEN
      ? { until: Infinity, policies: ["root"] }
      : state.tokens.get(token);
    if (known === undefined || known.until <= clock.time) return refuse(403, "invalid token");
    const path = url.pathname.slice("/v1/".length);
    const isRoot = token === ROOT_TOKEN;
    if (!isRoot && headers.get("x-vault-request") !== "true") return refuse(400, "missing header");
    return state.answer(asked, path, token, known.policies);
  }, tls);
  return {
    double,
    tokens: state.tokens,
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
}

class State {
  readonly tokens: VaultDouble["tokens"] = new Map();
  readonly #clock: Clock;
  readonly #keys = new Map<string, TransitKey>();
  readonly #secrets = new Map<string, SecretVersion[]>();
  readonly #plain = new Map<string, unknown>();
  readonly #issuers = new Map<
    string,
    { certificate: string; issuer_id: string; revoked: boolean }
  >();
  readonly #policies = new Map<string, readonly string[]>();
  readonly #roles = new Map<string, { account: string; policies: readonly string[] }>();
  #issued = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  login(asked: Asked): Response {
    const { role, jwt } = JSON.parse(asked.body);
    const found = this.#roles.get(role);
    if (found === undefined) return refuse(400, `invalid role name "${role}"`);
    const [, payload = ""] = String(jwt).split(".");
    const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    if (claims["kubernetes.io"].serviceaccount.name !== found.account) {
      return refuse(403, "permission denied");
    }
    return auth(this.#issue(found.policies, 1200), 1200);
  }

  #issue(policies: readonly string[], seconds: number): string {
    const token = `hvs.PLANTED-${++this.#issued}`;
    this.tokens.set(token, { until: this.#clock.time + seconds * 1000, policies });
    return token;
  }

  answer(
    asked: Asked,
    path: string,
    token: string,
    policies: readonly string[],
  ): Response | Promise<Response> {
    const { method } = asked;
    const body = asked.body === "" ? {} : JSON.parse(asked.body);
    if (path === "auth/token/renew-self" && method === "POST") {
      const known = this.tokens.get(token);
      if (known === undefined) return refuse(400, "lease is not renewable");
      known.until = this.#clock.time + 3600_000;
      return auth(token, 3600);
    }
    if (!policies.includes("root")) {
      const allowed = policies.flatMap((policy) => this.#policies.get(policy) ?? []);
      const may = allowed.some((pattern) =>
        pattern.endsWith("*") ? path.startsWith(pattern.slice(0, -1)) : path === pattern
      );
      if (!may || method !== "GET") return refuse(403, "permission denied");
    }
    if (path.startsWith("sys/policies/acl/")) {
      const paths = [...body.policy.matchAll(/path "([^"]+)"/g)].map(([, one]) => one);
      this.#policies.set(path.slice("sys/policies/acl/".length), paths);
      return new Response(null, { status: 204 });
    }
    if (path.startsWith("auth/kubernetes/role/")) {
      const account = body.bound_service_account_names;
      this.#roles.set(path.slice("auth/kubernetes/role/".length), {
        account,
        policies: body.policies,
      });
      return new Response(null, { status: 204 });
    }
    if (path === "auth/token/create") return auth(this.#issue(body.policies, 3600), 3600);
    if (path === "auth/token/revoke") {
      this.tokens.delete(body.token);
      return new Response(null, { status: 204 });
    }
    if (path.startsWith("transit/keys/")) return this.#transit(method, path.slice(13), body);
    if (path.startsWith("secret/")) return this.#secret(asked, path.slice(7), body);
    if (path.startsWith("kv1/")) return this.#keyValue(method, path.slice(4), body);
    if (path.startsWith("pki/")) return this.#pki(method, path.slice(4), body);
    return refuse(404, `no handler for route "${path}". route entry not found.`);
  }

  async #transit(
    method: string,
    path: string,
    body: { type?: string; min_decryption_version?: number },
  ): Promise<Response> {
    const [name = "", action] = path.split("/");
    const key = this.#keys.get(name);
    if (method === "POST" && action === undefined) {
      const type = body.type ?? "aes256-gcm96";
      this.#keys.set(name, {
        type,
        versions: [await transitVersion(type, this.#clock)],
        lowest: 1,
      });
      return data({});
    }
    if (key === undefined) return refuse(404);
    if (action === "rotate") key.versions.push(await transitVersion(key.type, this.#clock));
    else if (action === "config") key.lowest = body.min_decryption_version ?? key.lowest;
    const keys = Object.fromEntries(
      key.versions.map((version, index) => [String(index + 1), version] as const)
        .filter(([version]) => Number(version) >= key.lowest)
        .map((
          [version, each],
        ) => [
          version,
          key.type.startsWith("aes") ? 1795547992 : { certificate_chain: "", ...each },
        ]),
    );
    return data({
      keys,
      type: key.type,
      name,
      latest_version: key.versions.length,
      min_available_version: 0,
      min_decryption_version: key.lowest,
    });
  }

  #secret(
    { method, url }: Asked,
    path: string,
    body: { data?: unknown; versions?: number[] },
  ): Response {
    const [action = "", ...rest] = path.split("/");
    const name = rest.join("/");
    const versions = this.#secrets.get(name) ?? [];
    if (method === "POST" && action === "data") {
      versions.push({ data: body.data, deletion_time: "", destroyed: false });
      this.#secrets.set(name, versions);
      return data({ version: versions.length });
    }
    if (action === "delete" || action === "destroy") {
      for (const number of body.versions ?? []) {
        const version = versions[number - 1];
        if (version === undefined) continue;
        if (action === "destroy") version.destroyed = true;
        else version.deletion_time = new Date(this.#clock.time).toISOString();
      }
      return new Response(null, { status: 204 });
    }
    if (versions.length === 0) return refuse(404);
    if (action === "metadata") {
      const all = versions.map(({ deletion_time, destroyed }, index) =>
        [index + 1, { deletion_time, destroyed }] as const
      );
      return data({ current_version: versions.length, versions: Object.fromEntries(all) });
    }
    const number = Number(url.searchParams.get("version") ?? versions.length);
    const found = versions[number - 1];
    if (found === undefined) return refuse(404);
    const { deletion_time, destroyed } = found;
    const metadata = { deletion_time, destroyed, version: number };
    const isThere = deletion_time === "" && !destroyed;
    return data({ data: isThere ? found.data : null, metadata }, isThere ? 200 : 404);
  }

  #keyValue(method: string, path: string, body: unknown): Response {
    if (method === "POST") this.#plain.set(path, body);
    if (method === "DELETE") this.#plain.delete(path);
    if (method !== "GET") return new Response(null, { status: 204 });
    const found = this.#plain.get(path);
    return found === undefined ? refuse(404) : data(found);
  }

  async #pki(method: string, path: string, body: { issuer_name?: string }): Promise<Response> {
    if (path === "root/generate/internal") {
      const { forgeCa } = await import("../tls.ts");
      const name = body.issuer_name ?? "";
      const issuer = {
        certificate: (await forgeCa(name)).pem,
        issuer_id: crypto.randomUUID(),
        revoked: false,
      };
      for (const reference of [name, "default", issuer.issuer_id]) {
        this.#issuers.set(reference, issuer);
      }
      return data(issuer);
    }
    const [, reference = "", action] = path.split("/");
    const found = this.#issuers.get(reference);
    if (found === undefined) {
      const why = reference === "default"
        ? "no default issuer currently configured"
        : `unable to find PKI issuer for reference: ${reference}`;
      return refuse(500, `1 error occurred:\n\t* ${why}\n\n`);
    }
    if (method === "POST" && action === "revoke") found.revoked = true;
    if (method === "DELETE") {
      for (const [key, issuer] of this.#issuers) if (issuer === found) this.#issuers.delete(key);
    }
    return data({ ...found, ca_chain: [found.certificate], usage: "read-only" });
  }
}

const CURVES: Readonly<Record<string, string>> = {
  "ecdsa-p256": "P-256",
  "ecdsa-p384": "P-384",
  "ecdsa-p521": "P-521",
};

async function transitVersion(type: string, clock: Clock): Promise<TransitVersion> {
  const creation_time = new Date(clock.time).toISOString();
  if (type.startsWith("aes")) return { public_key: "", creation_time };
  const algorithm = type === "ed25519" ? { name: "Ed25519" } : type.startsWith("rsa-")
    ? {
      name: "RSASSA-PKCS1-v1_5",
      hash: "SHA-256",
      modulusLength: Number(type.slice(4)),
      publicExponent: Uint8Array.of(1, 0, 1),
    }
    : { name: "ECDSA", namedCurve: CURVES[type] };
  const pair = await crypto.subtle.generateKey(algorithm, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  if (type === "ed25519") return { public_key: spki.slice(-32).toBase64(), creation_time };
  const lines = spki.toBase64().match(/.{1,64}/g) ?? [];
  const pem = `-----BEGIN PUBLIC KEY-----\n${lines.join("\n")}\n-----END PUBLIC KEY-----\n`;
  return { public_key: pem, creation_time };
}

function data(content: unknown, status = 200): Response {
  return Response.json({
    request_id: crypto.randomUUID(),
    lease_duration: 0,
    data: content,
    auth: null,
  }, { status });
}

function auth(token: string, seconds: number): Response {
  return Response.json({
    data: null,
    auth: { client_token: token, lease_duration: seconds, renewable: true },
  });
}

function refuse(status: number, ...errors: readonly string[]): Response {
  return Response.json({ errors }, { status });
}
