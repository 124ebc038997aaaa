/** What the doubles of cloud services have in common: a server on loopback that judges each request. */

/** A request as it came. */
export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/** A service on loopback. Its answers can be replaced, to see what comes of it. */
export class CloudDouble implements AsyncDisposable {
  readonly asked: Asked[] = [];
  /** Answers in place of the service; undefined leaves it to the service. */
  instead: (asked: Asked, count: number) => Response | Promise<Response | undefined> | undefined =
    () => undefined;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #scheme: string;

  constructor(
    answer: (asked: Asked) => Response | Promise<Response>,
    tls?: { readonly cert: string; readonly key: string },
  ) {
    this.#scheme = tls === undefined ? "http" : "https";
    const listen = { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls };
    this.#server = Deno.serve(listen, async (request) => {
      const asked = {
        method: request.method,
        url: new URL(request.url),
        headers: request.headers,
        body: await request.text(),
      };
      this.asked.push(asked);
      return await this.instead(asked, this.asked.length) ?? await answer(asked);
    });
  }

  get host(): string {
    return `127.0.0.1:${this.#server.addr.port}`;
  }

  get address(): string {
    return `${this.#scheme}://${this.host}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

/** A clock that tests set. */
export class Clock {
  time = Date.parse("2026-11-24T12:00:00Z");

  readonly now = (): Date => new Date(this.time);

  /** Lets seconds go by. */
  pass(seconds: number): void {
    this.time += seconds * 1000;
  }
}

/** A token of a service account, as the cluster projects it for one audience; the signature is a word. */
export function projectedToken(clock: Clock, audience: string, lifetime = 86_400): string {
  const encode = (value: unknown): string =>
    new TextEncoder().encode(JSON.stringify(value)).toBase64({
      alphabet: "base64url",
      omitPadding: true,
    });
  const exp = Math.floor(clock.time / 1000) + lifetime;
  const claims = { iss: "https://cluster", sub: "system:serviceaccount:a:b", aud: [audience], exp };
  return `${encode({ alg: "RS256" })}.${encode(claims)}.PLANTED-assertion`;
}

/** Why a service would refuse a projected token; undefined when it would not. */
export function tokenProblem(
  token: string | null,
  clock: Clock,
  audience: string,
): "malformed" | "audience" | "expired" | undefined {
  const [, payload = "", signature] = (token ?? "").split(".");
  if (signature !== "PLANTED-assertion") return "malformed";
  const bytes = Uint8Array.fromBase64(payload, { alphabet: "base64url" });
  const { aud, exp } = JSON.parse(new TextDecoder().decode(bytes));
  if (aud[0] !== audience) return "audience";
  return exp * 1000 <= clock.time ? "expired" : undefined;
}

/** The fields of a form; undefined when the request is none, or a field is there twice. */
export function formOf(asked: Asked): ReadonlyMap<string, string> | undefined {
  const { method, headers, body } = asked;
  const type = headers.get("content-type");
  if (method !== "POST" || type !== "application/x-www-form-urlencoded") return undefined;
  const fields = [...new URLSearchParams(body)];
  const form = new Map(fields);
  return form.size === fields.length ? form : undefined;
}
