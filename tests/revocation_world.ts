/** A small world of addresses that answer, for tests of revocation: no port is opened. */

import type { Bytes } from "./forge/mod.ts";

/** What an address answers: bytes, a status, a whole response, or that nobody is there. */
export type Answer = Bytes | number | (() => Response | Promise<Response>);

/** The addresses, and what was asked of them. */
export class RevocationWorld implements Disposable {
  readonly answers = new Map<string, Answer>();
  /** `GET http://…`; of OCSP requests in an address, the address without the request. */
  readonly requests: string[] = [];
  /** Resolves before each answer; for tests that look at what happens until then. */
  gate: Promise<void> = Promise.resolve();
  readonly #original = globalThis.fetch;

  constructor() {
    globalThis.fetch = (input, init) => this.#answer(String(input), init);
  }

  async #answer(url: string, init: RequestInit | undefined): Promise<Response> {
    const method = init?.method ?? "GET";
    const known = [...this.answers.keys()].find((each) =>
      url === each || url.startsWith(`${each}/`)
    );
    this.requests.push(`${method} ${known ?? url}`);
    const { promise, reject } = Promise.withResolvers<never>();
    init?.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true });
    await Promise.race([this.gate, promise]);
    const answer = known === undefined ? undefined : this.answers.get(known);
    if (answer === undefined) throw new TypeError("connection refused");
    if (typeof answer === "function") return await answer();
    return typeof answer === "number"
      ? new Response("no", { status: answer })
      : new Response(answer);
  }

  [Symbol.dispose](): void {
    globalThis.fetch = this.#original;
  }
}
