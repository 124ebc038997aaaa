/** Answers at the loopback addresses that certificates of the corpus name, without a port being opened. */

import { corpusRoot, type RevocationEndpoint } from "./corpus.ts";

/**
 * Puts a function in the place of `fetch` that knows these addresses, until the end of the scope. An OCSP
 * address also answers requests below its path; whatever is not listed has status 404.
 */
export async function answerRevocation(
  endpoints: readonly RevocationEndpoint[],
): Promise<Disposable & { readonly requests: readonly string[] }> {
  const root = await corpusRoot();
  const original = globalThis.fetch;
  const requests: string[] = [];
  globalThis.fetch = async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const method = init?.method ?? "GET";
    requests.push(`${method} ${url}`);
    const found = endpoints.find((endpoint) =>
      endpoint.methods.includes(method) &&
      (url === endpoint.url ||
        (endpoint.contentType.includes("ocsp") && url.startsWith(`${endpoint.url}/`)))
    );
    return found === undefined
      ? new Response("not found", { status: 404 })
      : new Response(await Deno.readFile(`${root}/${found.file}`), {
        headers: { "content-type": found.contentType },
      });
  };
  return { requests, [Symbol.dispose]: () => void (globalThis.fetch = original) };
}
