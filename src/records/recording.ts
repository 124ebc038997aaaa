import type { RecordedQuestion, Recording } from "../engine/mod.ts";
import { asAssayError } from "../errors.ts";
import type { Bytes, Digest } from "../oci/mod.ts";
import type { ArtifactReport, ImageReport } from "../report/mod.ts";
import { canonicalJson } from "../resources/mod.ts";
import type { ArtifactStore } from "../stores/mod.ts";
import type { RevocationStatus } from "../trust/mod.ts";
import { cosignTagsOf } from "./cosign_tags.ts";
import { notingPlugins } from "./plugin_record.ts";
import {
  type RecordedError,
  type RecordedPlugin,
  type RecordedRevocation,
  type RecordedStore,
  recordError,
  type VerificationRecord,
} from "./record.ts";

/** Where records go. Nothing is thrown and nobody waits. */
export interface RecordSink {
  /** Keeps content, once. */
  keep(digest: Digest, bytes: Bytes): void;
  /** Keeps a record, as a line of canonical JSON without its end. */
  write(line: string): void;
}

/** Notes one verification; its record is written when it is done. */
export function startRecording(question: RecordedQuestion, sink: RecordSink): Recording {
  const stores: RecordedStore[] = [];
  const revocation = new Map<string, RecordedRevocation>();
  const plugins = new Map<string, RecordedPlugin>();
  return {
    store: (store) => {
      const noted: RecordedStore = { name: store.name, attached: {}, content: {} };
      stores.push(noted);
      return noting(store, noted, sink);
    },
    revocation: (checker) =>
      checker && {
        check: async (certificate, issuer, asked): Promise<RevocationStatus> => {
          const status = await checker.check(certificate, issuer, asked);
          const parties = { certificate: certificate.fingerprint, issuer: issuer.fingerprint };
          revocation.set(`${parties.certificate} ${parties.issuer}`, {
            ...parties,
            status: datesAsText(status) as RecordedRevocation["status"],
          });
          return status;
        },
      },
    plugins: (host) => host && notingPlugins(host, plugins),
    done: (report) => {
      const facts = {
        stores,
        revocation: inOrder(revocation),
        plugins: inOrder(plugins),
      };
      sink.write(canonicalJson(toRecord(question, facts, report)));
    },
  };
}

function toRecord(
  { request, configuration, now }: RecordedQuestion,
  facts: Pick<VerificationRecord, "stores" | "revocation" | "plugins">,
  report: ImageReport,
): VerificationRecord {
  const { name, reference, repository, scope, artifactTypes } = request;
  const { verdict, digest, artifacts, ignored } = report;
  return {
    version: 1,
    time: now.toISOString(),
    name,
    reference: { ...reference },
    repository,
    scope,
    ...(artifactTypes === undefined ? {} : { artifactTypes: [...artifactTypes] }),
    ...(digest === undefined ? {} : { digest }),
    configuration: {
      generation: configuration.generation,
      trust: configuration.trust.generation,
    },
    ...facts,
    cosignTags: [...cosignTagsOf(configuration, scope)],
    verdict: verdict.verdict,
    ...(verdict.verdict === "allow"
      ? { explanation: verdict.explanation }
      : { cause: recordError(verdict.cause) }),
    artifacts: artifacts.map(withoutDurations),
    ignored: ignored.map(({ digest, artifactType }) => ({ digest, artifactType })),
  };
}

/** How long it took differs each time, and says nothing about the image. */
function withoutDurations(report: ArtifactReport): Record<string, unknown> {
  const { durationMs: _, nested, ...rest } = report;
  const below = nested === undefined ? {} : { nested: nested.map(withoutDurations) };
  return datesAsText({ ...rest, ...below }) as Record<string, unknown>;
}

/** The same as JSON has it: dates as text, and no members that are undefined. */
function datesAsText(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

/** The store, whose answers are noted. What it is still busy with when the answer goes out is not. */
function noting(store: ArtifactStore, noted: RecordedStore, sink: RecordSink): ArtifactStore {
  const content = async <T extends { readonly bytes: Bytes }>(
    digest: Digest,
    read: () => Promise<T>,
  ): Promise<T> => {
    const found = await orNoted(read, (error) => noted.content[digest] = { error });
    noted.content[digest] = { size: found.bytes.length };
    sink.keep(digest, found.bytes);
    return found;
  };
  return {
    name: store.name,
    resolve: async (reference, options) => {
      const found = await orNoted(
        () => store.resolve(reference, options),
        (error) => noted.image = { error },
      );
      noted.image = { descriptor: structuredClone(found.descriptor) };
      return found;
    },
    referrers: async (subject, options) => {
      const { digest } = subject.descriptor;
      const found = await orNoted(
        () => store.referrers(subject, options),
        (error) => noted.attached[digest] = { error },
      );
      noted.attached[digest] = { referrers: found.map((one) => structuredClone(one)) };
      return found;
    },
    manifest: async (subject, descriptor, options) =>
      await content(descriptor.digest, () => store.manifest(subject, descriptor, options)),
    blob: async (subject, descriptor, options) =>
      (await content(descriptor.digest, async () => ({
        bytes: await store.blob(subject, descriptor, options),
      }))).bytes,
  };
}

async function orNoted<T>(
  ask: () => Promise<T>,
  note: (error: RecordedError) => void,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    note(recordError(asAssayError(error, "referrerStore")));
    throw error;
  }
}

/** By their keys: the moments at which answers came do not count. */
function inOrder<T>(noted: ReadonlyMap<string, T>): T[] {
  return [...noted].toSorted(([a], [b]) => a < b ? -1 : 1).map(([, value]) => value);
}
