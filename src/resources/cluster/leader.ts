import { CloudError, type KubernetesClient, memberOf, textOf } from "../../cloud/mod.ts";

/** What a {@link Leader} works with. */
export interface LeaderOptions {
  readonly client: KubernetesClient;
  /** The name of the Lease, in the namespace of the process. */
  readonly name: string;
  /** Who this process is among the replicas. */
  readonly identity: string;
  readonly now: () => Date;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
  /** Is told when this process begins or ceases to lead. Must not throw. */
  readonly changed: (leads: boolean, why: string) => void;
}

/** How long a lease holds, and how often it is renewed or asked for, in milliseconds. */
const DURATION = 15_000;
const RENEW = 5000;

/**
 * One of several replicas leads: it holds a Lease. It ceases to when it could not renew it in time. Where
 * leases may not be used at all, nobody leads.
 */
export class Leader {
  readonly #options: LeaderOptions;
  #renewedAt = -Infinity;
  #leads = false;
  /** What the lease of another said, and when we saw it say so: clocks of machines differ. */
  #seen: { readonly text: string; readonly at: number } | undefined;

  constructor(options: LeaderOptions) {
    this.#options = options;
  }

  /** Whether this process leads now. */
  get leads(): boolean {
    return this.#leads && this.#options.now().getTime() - this.#renewedAt < DURATION;
  }

  /** Runs until the signal fires, and then lets the lease go. Does not throw. */
  async run(signal: AbortSignal): Promise<void> {
    do {
      try {
        await this.#attempt(signal);
      } catch (error) {
        if (signal.aborted) break;
        if (!this.leads) {
          this.#become(false, error instanceof Error ? error.message : String(error));
        }
      }
    } while (await this.#options.wait(RENEW, signal));
    await this.#release();
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { client, name, identity, now } = this.#options;
    const collection = `/apis/coordination.k8s.io/v1/namespaces/${await client.namespace()}/leases`;
    const asOf = now().getTime();
    const stored = await client.get(`${collection}/${name}`, signal);
    if (stored === undefined) {
      await client.create(collection, this.#lease(undefined, asOf), signal);
      return this.#lead(asOf);
    }
    const spec = memberOf(stored, "spec");
    const holder = textOf(spec, "holderIdentity");
    if (holder !== undefined && holder !== identity && !this.#isOver(spec, asOf)) {
      return this.#become(false, `${holder} leads`);
    }
    try {
      await client.replace(`${collection}/${name}`, this.#lease(stored, asOf), signal);
      this.#lead(asOf);
    } catch (error) {
      if (!(error instanceof CloudError && error.status === 409)) throw error;
      this.#become(false, "another replica was faster");
    }
  }

  /** Whether the lease of another has not changed for as long as it holds, by our own clock. */
  #isOver(spec: unknown, now: number): boolean {
    const text = JSON.stringify(spec);
    if (this.#seen?.text !== text) this.#seen = { text, at: now };
    const seconds = memberOf(spec, "leaseDurationSeconds");
    return now - this.#seen.at > (typeof seconds === "number" ? seconds * 1000 : DURATION);
  }

  #lease(stored: Readonly<Record<string, unknown>> | undefined, now: number): unknown {
    const { name, identity } = this.#options;
    const time = new Date(now).toISOString().replace("Z", "000Z");
    const spec = memberOf(stored, "spec");
    const isOurs = textOf(spec, "holderIdentity") === identity;
    const transitions = memberOf(spec, "leaseTransitions");
    const count = typeof transitions === "number" ? transitions : 0;
    return {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: memberOf(stored, "metadata") ?? { name },
      spec: {
        holderIdentity: identity,
        leaseDurationSeconds: DURATION / 1000,
        acquireTime: isOurs ? textOf(spec, "acquireTime") ?? time : time,
        renewTime: time,
        leaseTransitions: isOurs || stored === undefined ? count : count + 1,
      },
    };
  }

  #lead(now: number): void {
    this.#renewedAt = now;
    this.#become(true, "this replica holds the lease");
  }

  #become(leads: boolean, why: string): void {
    if (this.#leads === leads) return;
    this.#leads = leads;
    this.#options.changed(leads, why);
  }

  /** So that another replica need not wait until the lease is over. */
  async #release(): Promise<void> {
    if (!this.leads) return;
    const { client, name } = this.#options;
    const path = `/apis/coordination.k8s.io/v1/namespaces/${await client
      .namespace()}/leases/${name}`;
    try {
      await client.merge(path, { spec: { holderIdentity: "" } }, AbortSignal.timeout(2000));
    } catch {
      // It ends by itself.
    }
    this.#become(false, "this replica ends");
  }
}
