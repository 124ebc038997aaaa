import {
  type Bytes,
  type Certificate,
  FormatError,
  MAX_CRL_BYTES,
  parseCrl,
} from "../crypto/mod.ts";
import { type CrlPair, describeCrlProblem } from "../trust/mod.ts";
import { FetchError } from "./fetch.ts";
import type { Transport } from "./transport.ts";

/** The time limit of one download. */
const TIMEOUT_MS = 5000;

/** The most addresses of delta CRLs that are tried. */
const MAX_DELTA_URLS = 4;

/**
 * Downloads a CRL, and its delta where it names one, and checks that they are the issuer's. Freshness and
 * what they say are for the caller.
 *
 * @returns the lists; or what is wrong, with the address.
 */
export async function downloadCrl(
  url: string,
  issuer: Certificate,
  transport: Transport,
  signal: AbortSignal,
): Promise<CrlPair | string> {
  try {
    const base = parseCrl(await download(url, transport, signal));
    const delta = base.freshestUrls.length === 0
      ? undefined
      : parseCrl(await downloadFirst(base.freshestUrls, transport, signal));
    return await checkPair(url, { base, delta }, issuer);
  } catch (error) {
    if (error instanceof FetchError) return error.message;
    if (error instanceof FormatError) return `the CRL of ${url} cannot be read: ${error.message}`;
    throw error;
  }
}

/** Reads lists that were kept. @returns undefined for what is damaged or of another issuer. */
export async function restoreCrl(
  kept: { readonly base: Bytes; readonly delta: Bytes | undefined },
  issuer: Certificate,
): Promise<CrlPair | undefined> {
  try {
    const base = parseCrl(kept.base);
    const delta = kept.delta && parseCrl(kept.delta);
    if ((base.freshestUrls.length > 0) !== (delta !== undefined)) return undefined;
    const pair = await checkPair("", { base, delta }, issuer);
    return typeof pair === "string" ? undefined : pair;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

async function checkPair(
  url: string,
  pair: CrlPair,
  issuer: Certificate,
): Promise<CrlPair | string> {
  const problem = await describeCrlProblem(pair, issuer);
  return problem === undefined ? pair : `the CRL of ${url} cannot be used: ${problem}`;
}

function download(url: string, transport: Transport, signal: AbortSignal): Promise<Bytes> {
  return transport({ url, maxBytes: MAX_CRL_BYTES, timeoutMs: TIMEOUT_MS }, signal);
}

/** A list that names a delta is not to be used without it: tried in order until one can be had. */
async function downloadFirst(
  urls: readonly string[],
  transport: Transport,
  signal: AbortSignal,
): Promise<Bytes> {
  let failure: unknown;
  for (const url of urls.slice(0, MAX_DELTA_URLS)) {
    try {
      return await download(url, transport, signal);
    } catch (error) {
      if (!(error instanceof FetchError)) throw error;
      failure = error;
    }
  }
  throw failure;
}
