import { verifyImage } from "../engine/mod.ts";
import { AssayError } from "../errors.ts";
import type { Reference } from "../oci/mod.ts";
import type { ImageReport } from "../report/mod.ts";
import type { Configuration } from "../resources/mod.ts";
import type { ArtifactStore, CosignTag } from "../stores/mod.ts";
import { cosignTagsOf, tagOf } from "./cosign_tags.ts";
import { recordedPlugins } from "./plugin_record.ts";
import type { VerificationRecord } from "./record.ts";
import { recordedRevocation } from "./recorded_revocation.ts";
import {
  type ContentReader,
  incompleteRecord,
  type MissingObserver,
  openRecordedStore,
  unlistedPlace,
} from "./recorded_store.ts";

/** The verdict on a recorded image under another configuration. */
export interface Replay {
  readonly record: VerificationRecord;
  /** The new verdict; `unknown` when it hangs on something that the record does not have. */
  readonly verdict: "allow" | "deny" | "undecided" | "unknown";
  /** Why it is allow; undefined when it is not. */
  readonly explanation?: string;
  /** Why it is not allow; of an unknown one, what the record does not have. */
  readonly cause?: AssayError;
}

/**
 * Repeats a recorded verification under another configuration, as of the time of the record, with
 * nothing but the record and the content that was kept.
 */
export async function replayRecord(
  record: VerificationRecord,
  configuration: Configuration,
  read: ContentReader,
  signal: AbortSignal,
): Promise<Replay> {
  const found = new Set<string>();
  const missing: MissingObserver = (what) => found.add(what);
  const { name, reference, repository, scope, artifactTypes } = record;
  const wanted = cosignTagsOf(configuration, scope);
  const request = {
    name,
    reference: reference as Reference,
    repository,
    scope,
    ...(artifactTypes === undefined ? {} : { artifactTypes }),
    stores: () => Promise.resolve(storesOf(record, wanted, read, missing)),
  };
  const context = {
    signal,
    now: new Date(record.time),
    revocation: recordedRevocation(record.revocation, missing),
    plugins: recordedPlugins(record.plugins, missing),
  };
  const verdict = await judge(() => verifyImage(request, configuration, context), missing);
  if (verdict.verdict === "undecided" && found.size > 0) {
    return { record, verdict: "unknown", cause: incompleteRecord([...found].join(", ")) };
  }
  return verdict.verdict === "allow"
    ? { record, verdict: "allow", explanation: verdict.explanation }
    : { record, verdict: verdict.verdict, cause: verdict.cause };
}

/** Why a verdict is as it is, for a person. */
export function whyOf({ explanation, cause }: {
  readonly explanation?: string;
  readonly cause?: { readonly message: string; readonly detail?: string | undefined };
}): string {
  if (cause === undefined) return explanation ?? "";
  return [cause.message, cause.detail].filter(Boolean).join(": ");
}

/** A configuration that has nothing for the scope gives no verdict. */
async function judge(
  verify: () => Promise<ImageReport>,
  missing: MissingObserver,
): Promise<ImageReport["verdict"]> {
  try {
    const { verdict, artifacts } = await verify();
    if (artifacts.some(({ failure }) => failure?.reason === "cosign.tlog_unavailable")) {
      missing("what the transparency log has");
    }
    return verdict;
  } catch (error) {
    if (error instanceof AssayError) return { verdict: "undecided", cause: error };
    throw error;
  }
}

/** The stores as they were; what the new configuration would not look at is left out. */
function storesOf(
  record: VerificationRecord,
  wanted: ReadonlySet<CosignTag>,
  read: ContentReader,
  missing: MissingObserver,
): ArtifactStore[] {
  if (record.stores.length === 0) return [unlistedPlace("any store", missing)];
  const stores = record.stores.map((recorded): ArtifactStore => {
    const store = openRecordedStore(recorded, read, missing);
    return {
      ...store,
      referrers: async (subject, options) =>
        (await store.referrers(subject, options)).filter(({ source, artifactType }) =>
          source === "referrer" || wanted.has(tagOf(artifactType))
        ),
    };
  });
  const unlisted = [...wanted].filter((tag) => !record.cosignTags.includes(tag));
  return [
    ...stores,
    ...unlisted.map((tag) =>
      unlistedPlace(`what cosign attaches under the tag that ends in .${tag}`, missing)
    ),
  ];
}
