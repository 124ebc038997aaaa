/** A store that asks fake registries, without long pauses, and takes errors apart for tests. */

import { AssayError } from "../../../errors.ts";
import { type Descriptor, type Reference, withDigest } from "../../../oci/mod.ts";
import type { Subject } from "../../store.ts";
import { openRegistryStore, type RegistryOptions, type RegistryStore } from "../registry_store.ts";
import type { RetryPolicy } from "../retry.ts";
import { type FakeRegistry, REPOSITORY } from "./fake_registry.ts";

/** Three requests, with hardly a pause. */
export const FAST_RETRY: RetryPolicy = {
  attempts: 3,
  firstWait: 1,
  minWait: 1,
  maxWait: 2,
  totalWait: 10,
};

/** A signal that does not fire. */
export const OPTIONS: { readonly signal: AbortSignal } = { signal: new AbortController().signal };

/** Opens a store that asks these registries over plain HTTP. */
export function openStore(
  registries: readonly FakeRegistry[],
  options: Partial<RegistryOptions> = {},
): RegistryStore {
  return openRegistryStore({
    userAgent: "assay/test",
    plainHttp: registries.map(({ host }) => host),
    retry: FAST_RETRY,
    ...options,
  });
}

/** A reference into the repository of a fake registry. */
export function tagged(registry: FakeRegistry, tag: string): Reference {
  return { registry: registry.host, repository: REPOSITORY, tag };
}

/** A subject in the repository of a fake registry. */
export function subjectOf(registry: FakeRegistry, descriptor: Descriptor): Subject {
  return { reference: withDigest(tagged(registry, ""), descriptor.digest), descriptor };
}

/** What went wrong, as `CODE transient|lasting message detail`; `nothing` when nothing did. */
export async function problem(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "nothing";
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const { code, transient, message, detail } = error;
    return `${code} ${transient ? "transient" : "lasting"} ${message} ${detail ?? ""}`.trimEnd();
  }
}
