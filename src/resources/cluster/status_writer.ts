import { CloudError, type KubernetesClient } from "../../cloud/mod.ts";
import { GROUP } from "../kinds.ts";
import type { ClusterObject } from "./cluster_object.ts";
import { isSameStatus, type ResourceStatus } from "./resource_status.ts";

/** What a {@link StatusWriter} works with. */
export interface StatusWriterOptions {
  readonly client: KubernetesClient;
  readonly now: () => Date;
  /** Whether this process is the one that writes. */
  readonly leads: () => boolean;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
  /** Is told when statuses could not be written, and when they can again. Must not throw. */
  readonly report: (problem: string | undefined) => void;
}

/** A resource and the status that it should have. */
export interface WantedStatus {
  readonly object: ClusterObject;
  readonly status: ResourceStatus;
}

/** How often what is wanted is compared with what is stored, in milliseconds. */
const INTERVAL = 1000;
const RETRY = 10_000;

/**
 * Writes what became of resources into their status, and Events for what went wrong: only what changed,
 * and only while this process leads.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #wanted: () => readonly WantedStatus[] = () => [];
  /** What was written last, by label and uid, so that a watch that lags does not make it be written again. */
  readonly #written = new Map<string, ResourceStatus>();
  /** What an Event was written about last, by uid. */
  readonly #told = new Map<string, string>();
  #problem: string | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** Says what the statuses should be; it is asked again and again. */
  use(wanted: () => readonly WantedStatus[]): void {
    this.#wanted = wanted;
  }

  /** Runs until the signal fires. Does not throw. */
  async run(signal: AbortSignal): Promise<void> {
    let pause = INTERVAL;
    while (await this.#options.wait(pause, signal)) {
      if (!this.#options.leads()) continue;
      pause = await this.#writeAll(signal) ? INTERVAL : RETRY;
    }
  }

  async #writeAll(signal: AbortSignal): Promise<boolean> {
    const wanted = this.#wanted();
    const known = new Set(wanted.map(({ object }) => object.uid));
    for (const map of [this.#written, this.#told]) {
      for (const uid of [...map.keys()].filter((uid) => !known.has(uid))) map.delete(uid);
    }
    let problem: string | undefined;
    for (const { object, status } of wanted) {
      if (signal.aborted) return true;
      const last = this.#written.get(object.uid);
      if (isSameStatus(status, last ?? object.status)) continue;
      try {
        await this.#options.client.merge(object.statusPath, { status }, signal);
        this.#written.set(object.uid, status);
        await this.#tell(object, status, signal);
      } catch (error) {
        if (signal.aborted) return true;
        const isGone = error instanceof CloudError && error.status === 404;
        if (!isGone) problem = error instanceof Error ? error.message : String(error);
      }
    }
    if (problem !== this.#problem) this.#options.report(problem);
    this.#problem = problem;
    return problem === undefined;
  }

  /** An Event for each thing that went wrong, once. */
  async #tell(object: ClusterObject, status: ResourceStatus, signal: AbortSignal): Promise<void> {
    const [bad] = status.conditions.filter((condition) => condition.status === "False");
    const expired = status.conditions.find(({ message }) => message.includes("has expired on"));
    const told = bad ?? expired;
    const text = told === undefined ? "" : `${told.reason} ${told.message}`;
    if ((this.#told.get(object.uid) ?? "") === text) return;
    this.#told.set(object.uid, text);
    if (told === undefined) return;
    const { client, now } = this.#options;
    const namespace = object.namespace || "default";
    const time = `${now().toISOString().slice(0, 19)}Z`;
    await client.create(`/api/v1/namespaces/${namespace}/events`, {
      apiVersion: "v1",
      kind: "Event",
      metadata: { generateName: `${object.name.slice(0, 200)}.`, namespace },
      involvedObject: {
        apiVersion: `${GROUP}/v1beta1`,
        kind: object.kind,
        name: object.name,
        uid: object.uid,
        ...(object.namespace === "" ? {} : { namespace: object.namespace }),
      },
      reason: bad === undefined ? "CertificateExpired" : told.reason,
      message: told.message.slice(0, 1000),
      type: "Warning",
      source: { component: "assay" },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    }, signal);
  }
}
