import { AssayError } from "../errors.ts";
import type { Reference } from "../oci/mod.ts";
import type { ArtifactStore, StoreOptions, Subject } from "../stores/mod.ts";
import { Steps } from "./deadline.ts";
import type { ListedReferrer } from "./verify_artifacts.ts";

/** An image, and the store that has it. */
export interface FoundImage {
  readonly store: ArtifactStore;
  readonly subject: Subject;
}

/**
 * Asks the stores in order for the image; the first that has it wins.
 *
 * @param name the reference as asked, for messages.
 * @param steps knows what is under way.
 * @throws {AssayError} why none has it. One transient cause makes the whole transient.
 */
export async function resolveSubject(
  name: string,
  reference: Reference,
  stores: readonly ArtifactStore[],
  options: StoreOptions,
  steps: Steps = new Steps(),
): Promise<FoundImage> {
  const failures: AssayError[] = [];
  for (const store of stores) {
    try {
      const subject = await steps.within(
        options.signal,
        () => `store ${store.name} was looking for ${name}`,
        () => store.resolve(reference, options),
      );
      return { store, subject };
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      failures.push(error);
      if (error.code === "DEADLINE_EXCEEDED") break;
    }
  }
  throw failures.find((failure) => failure.transient) ?? failures[0] ?? new AssayError({
    code: "CONFIG_INVALID",
    component: "executor",
    message: `There is no store that could have ${name}`,
  });
}

/** What is attached to the subject, as far as it could be listed. */
export interface Listing {
  /** Each artifact once, in the order of the stores and their listings. */
  readonly referrers: readonly ListedReferrer[];
  /** Why a store could not list; undefined when all could. */
  readonly failure: AssayError | undefined;
}

/** Lists what all stores know to be attached to the subject. */
export async function listReferrers(
  name: string,
  subject: Subject,
  stores: readonly ArtifactStore[],
  options: StoreOptions,
  steps: Steps = new Steps(),
): Promise<Listing> {
  const outcomes = await Promise.all(stores.map(async (store) => {
    try {
      return await steps.within(
        options.signal,
        () => `store ${store.name} was listing what is attached to ${name}`,
        async () => {
          const found = await store.referrers(subject, options);
          return found.map((referrer) => ({ store, referrer }));
        },
      );
    } catch (error) {
      if (error instanceof AssayError) return error;
      throw error;
    }
  }));
  const failures = outcomes.filter((outcome) => outcome instanceof AssayError);
  const listed = outcomes.flatMap((outcome) => outcome instanceof AssayError ? [] : outcome);
  const seen = new Set<string>();
  const referrers = listed.filter(({ referrer }) => {
    const key = `${referrer.digest} ${referrer.artifactType}`;
    return seen.has(key) ? false : seen.add(key);
  });
  // A limit that was reached is certain; what else went wrong may pass.
  return {
    referrers,
    failure: failures.find((failure) => failure.effect === "deny") ?? failures[0],
  };
}
