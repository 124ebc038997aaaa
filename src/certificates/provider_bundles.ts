import { CloudError, type KubernetesClient, memberOf, textOf } from "../cloud/mod.ts";
import {
  type Certificate,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
} from "../crypto/mod.ts";
import { readCertificates } from "./server_pair.ts";

/** The objects of Gatekeeper that say which CAs it trusts when it asks us. */
const NAMES = ["ratify-provider", "ratify-mutation-provider"];
const COLLECTION = "/apis/externaldata.gatekeeper.sh/v1beta1/providers";

/** A Provider object as it was read. */
interface Seen {
  readonly name: string;
  readonly resourceVersion: string;
  readonly caBundle: string;
  readonly trusted: readonly Certificate[];
}

/** Both Provider objects, at one moment. */
export class ProviderBundles {
  readonly #client: KubernetesClient;
  readonly #seen: readonly Seen[];
  /** Why one is not as it should be, or is left out. */
  readonly problems: readonly string[];
  /** Whether some could not be read: what it trusts is not known. */
  readonly isPartial: boolean;

  private constructor(
    client: KubernetesClient,
    seen: readonly Seen[],
    problems: readonly string[],
    isPartial: boolean,
  ) {
    this.#client = client;
    this.#seen = seen;
    this.problems = problems;
    this.isPartial = isPartial;
  }

  /** Reads both. Throws only the signal's reason. */
  static async read(client: KubernetesClient, signal: AbortSignal): Promise<ProviderBundles> {
    const problems: string[] = [];
    let isPartial = false;
    const seen: Seen[] = [];
    for (const name of NAMES) {
      try {
        const object = await client.get(`${COLLECTION}/${name}`, signal);
        if (object !== undefined) seen.push(readProvider(name, object));
        else problems.push(`there is no Provider ${name}`);
      } catch (error) {
        if (!(error instanceof CloudError)) throw error;
        problems.push(error.message);
        isPartial = true;
      }
    }
    return new ProviderBundles(client, seen, problems, isPartial);
  }

  /** What any of them trusts. */
  get trusted(): readonly Certificate[] {
    return this.#seen.flatMap(({ trusted }) => trusted);
  }

  /** The fingerprints of what all of them trust; undefined where it cannot be told. */
  trustedByAll(): ReadonlySet<string> | undefined {
    if (this.isPartial) return undefined;
    const [first, ...others] = this.#seen.map(({ trusted }) =>
      new Set(trusted.map(({ fingerprint }) => fingerprint))
    );
    return others.reduce((common, next) => common.intersection(next), first ?? new Set<string>());
  }

  /** Whether there is none: then nobody has to be waited for. */
  get areAbsent(): boolean {
    return this.#seen.length === 0 && !this.isPartial;
  }

  /**
   * Makes them trust these CAs and no others, if nobody has changed them since they were read.
   *
   * @returns the names of those that were changed, and what went wrong.
   * @throws {CloudError} with status 409 when somebody has changed one; or the signal's reason.
   */
  async write(
    pem: string,
    signal: AbortSignal,
  ): Promise<{ readonly written: readonly string[]; readonly problems: readonly string[] }> {
    const caBundle = encodeBase64(encodeUtf8(pem));
    const written: string[] = [];
    const problems: string[] = [];
    for (const { name, resourceVersion, caBundle: before } of this.#seen) {
      if (before === caBundle) continue;
      try {
        const body = { metadata: { resourceVersion }, spec: { caBundle } };
        await this.#client.merge(`${COLLECTION}/${name}`, body, signal);
        written.push(name);
      } catch (error) {
        if (!(error instanceof CloudError) || error.status === 409) throw error;
        problems.push(error.message);
      }
    }
    return { written, problems };
  }
}

function readProvider(name: string, object: unknown): Seen {
  const caBundle = textOf(memberOf(object, "spec"), "caBundle") ?? "";
  let trusted: readonly Certificate[] = [];
  try {
    trusted = readCertificates(decodeUtf8(decodeBase64(caBundle)));
  } catch {
    // Whatever it is, it is about to be replaced.
  }
  const resourceVersion = textOf(memberOf(object, "metadata"), "resourceVersion") ?? "";
  return { name, resourceVersion, caBundle, trusted };
}
