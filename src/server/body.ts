import type { IncomingMessage } from "node:http";
import { Buffer } from "node:buffer";
import { badRequest } from "./provider_request.ts";

/** The most bytes of a request's body: 1 MiB. */
export const MAX_BODY_BYTES = 1024 * 1024;

/**
 * What is read and thrown away of a body that is too large, so that its sender, who reads the answer
 * when all is sent, gets one.
 */
const MAX_DISCARDED_BYTES = 16 * MAX_BODY_BYTES;

/**
 * Reads the body of a request. What a client goes on sending after a refusal is not
 * read: the connection must be closed with the answer.
 *
 * @throws {AssayError} BAD_REQUEST when it is too large, or is not there before the signal fires.
 */
export function readBody(
  incoming: IncomingMessage,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array<ArrayBuffer>>();
  const parts: Buffer[] = [];
  let size = 0;
  const tooLarge = (): void => refuse(`is larger than ${MAX_BODY_BYTES} bytes`);
  const take = (part: Buffer): void => {
    size += part.length;
    if (size > MAX_DISCARDED_BYTES) return tooLarge();
    if (size <= MAX_BODY_BYTES) parts.push(part);
    else parts.length = 0;
  };
  const end = (): void => {
    if (size > MAX_BODY_BYTES) return tooLarge();
    resolve(parts.length === 1 ? copy(parts[0]) : copy(Buffer.concat(parts)));
  };
  const fail = (): void => {
    if (!incoming.complete) refuse("ended too early");
  };
  const expire = (): void => refuse("did not arrive in time");
  const refuse = (reason: string): void => {
    incoming.off("data", take);
    incoming.pause();
    reject(badRequest(`The body of the request ${reason}`));
  };
  incoming.on("data", take).once("end", end).once("error", fail).once("close", fail);
  signal.addEventListener("abort", expire, { once: true });
  if (signal.aborted) expire();
  return promise.finally(() => {
    incoming.off("data", take).off("end", end).off("close", fail);
    signal.removeEventListener("abort", expire);
  });
}

function copy(part: Buffer | undefined): Uint8Array<ArrayBuffer> {
  return part === undefined ? new Uint8Array() : Uint8Array.from(part);
}
