import type { Bytes } from "../crypto/mod.ts";
import type { FetchRequest } from "./fetch.ts";

/** Fetches a file, within the rules for addresses. Throws {@link FetchError}, or the signal's reason. */
export type Transport = (request: FetchRequest, signal: AbortSignal) => Promise<Bytes>;
