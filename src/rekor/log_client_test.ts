import assert from "node:assert/strict";
import { AssayError } from "../errors.ts";
import { createLogClient } from "./log_client.ts";

const QUESTION = new TextEncoder().encode('{"entries":[]}');

/** Asks a log that answers so. */
async function ask(
  answer: (request: Request) => Response | Promise<Response>,
  signal = new AbortController().signal,
): Promise<string> {
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
  try {
    const url = new URL(`http://127.0.0.1:${server.addr.port}/api/v1/log/entries/retrieve`);
    return new TextDecoder().decode(await createLogClient("assay/test")(url, QUESTION, signal));
  } catch (error) {
    assert.ok(error instanceof AssayError, String(error));
    assert.deepEqual([error.code, error.effect, error.transient], [
      "LOG_UNAVAILABLE",
      "undecided",
      true,
    ]);
    return error.message;
  }
}

Deno.test("a log is asked by POST, and its answer given as it is", async () => {
  const answer = await ask(async (request) => {
    assert.equal(request.method, "POST");
    assert.equal(request.headers.get("user-agent"), "assay/test");
    assert.equal(request.headers.get("content-type"), "application/json");
    assert.equal(await request.text(), '{"entries":[]}');
    return new Response("[]");
  });
  assert.equal(answer, "[]");
});

Deno.test("a log that refuses, redirects, says too much or nothing in time has not answered", async () => {
  assert.match(await ask(() => new Response("", { status: 500 })), /status 500/);
  assert.match(await ask(() => new Response("", { status: 404 })), /status 404/);
  const redirect = { status: 302, headers: { location: "http://127.0.0.1:1/" } };
  assert.match(await ask(() => new Response("", redirect)), /could not be asked/);
  const large = "x".repeat(1024 * 1024 + 1);
  assert.match(await ask(() => new Response(large)), /more than 1048576 bytes/);
  const stop = new AbortController();
  const never = ask(() => {
    stop.abort();
    return new Promise<Response>((resolve) => setTimeout(() => resolve(new Response("[]")), 20));
  }, stop.signal);
  assert.match(await never, /could not be asked/);
});

Deno.test("no more than eight questions are under way at once", async () => {
  let running = 0;
  let most = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return new Response("[]");
    },
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}/`);
  const client = createLogClient("assay/test");
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 30 }, () => client(url, QUESTION, signal)));
  assert.ok(most <= 8, String(most));
});
