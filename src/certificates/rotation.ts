import { CloudError, type KubernetesClient, memberOf } from "../cloud/mod.ts";
import type { Certificate } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import type { Logger } from "../telemetry/mod.ts";
import type { KeyType } from "./key.ts";
import { type Plan, planTls } from "./plan.ts";
import { ProviderBundles } from "./provider_bundles.ts";
import type { ServerPair } from "./server_pair.ts";
import { bundlePem, readStoredTls, storedData } from "./stored_tls.ts";

/** What a {@link CertificateRotation} works with. Times are milliseconds. */
export interface RotationOptions {
  readonly client: KubernetesClient;
  /** The name of the service; that of the secret is the same with `-tls`. */
  readonly name: string;
  readonly namespace: string;
  readonly keyType: KeyType;
  readonly now: () => Date;
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<boolean>;
  readonly logger: Logger;
  /** There is another certificate to serve with. Must not throw. */
  readonly changed: () => void;
  /** How long Gatekeeper may take to notice that it is to trust another CA; {@link SETTLE} when absent. */
  readonly settle?: number;
  /** How often the secret and the Providers are looked at; {@link INTERVAL} when absent. */
  readonly interval?: number;
}

/** Gatekeeper's replicas watch their Providers: they notice within a second or two. */
const SETTLE = 60_000;
const INTERVAL = 10_000;
/** For one look, all requests together. */
const TIMEOUT = 20_000;
/** How often one begins anew because another replica was faster. */
const MAX_CONFLICTS = 5;
/** How often it is tried, and how long waited between, before the service is not started. */
const START_ATTEMPTS = 12;
const START_WAIT = 5000;

/**
 * Keeps a CA and a server's certificate in a secret, and both Providers of Gatekeeper told of the CA. Every
 * replica does the same: who is first wins, and the others take up what the secret has. See
 * {@link planTls} for the order in which certificates are replaced.
 */
export class CertificateRotation implements AsyncDisposable {
  readonly #options: RotationOptions;
  readonly #stop = new AbortController();
  /** Since when all Providers have trusted a certificate, by its fingerprint; on a clock that only goes forward. */
  #trustedSince = new Map<string, number>();
  #plan: Plan | undefined;
  #problem = "";
  #unusable = "";
  #running: Promise<void> = Promise.resolve();

  private constructor(options: RotationOptions) {
    this.#options = options;
  }

  /**
   * Reads the secret, or fills it, tells the Providers, and goes on to look after both.
   *
   * @throws {AssayError} CLUSTER_FAILURE when the secret could be neither read nor filled for a minute.
   */
  static async open(options: RotationOptions): Promise<CertificateRotation> {
    const rotation = new CertificateRotation(options);
    for (let attempt = 1;; attempt++) {
      await rotation.#attempt();
      if (rotation.#plan !== undefined) break;
      if (attempt === START_ATTEMPTS) throw rotation.#failure();
      await options.wait(START_WAIT, rotation.#stop.signal);
    }
    rotation.#running = rotation.#run();
    return rotation;
  }

  /** What to serve with. */
  get pair(): ServerPair {
    if (this.#plan === undefined) throw new Error("the rotation was not opened");
    return this.#plan.pair;
  }

  /** The CA that issues. */
  get authority(): Certificate {
    if (this.#plan === undefined) throw new Error("the rotation was not opened");
    return this.#plan.authority.certificate;
  }

  /** What is wrong now; empty when nothing is. */
  get problem(): string {
    return this.#problem;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { wait, interval = INTERVAL } = this.#options;
    while (await wait(interval, this.#stop.signal)) await this.#attempt();
  }

  /** Looks once; what goes wrong is told, and tried again the next time. */
  async #attempt(): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT)]);
    let problems: readonly string[];
    try {
      problems = await this.#untilUndisturbed(signal);
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      problems = [error instanceof Error ? error.message : String(error)];
    }
    const problem = problems.join("; ");
    if (problem === this.#problem) return;
    this.#problem = problem;
    const { logger } = this.#options;
    if (problem === "") logger.info("certificates are looked after again");
    else logger.warn("certificates cannot be looked after as they should be", { problem });
  }

  async #untilUndisturbed(signal: AbortSignal): Promise<readonly string[]> {
    for (let attempt = 1;; attempt++) {
      try {
        return await this.#look(signal);
      } catch (error) {
        const conflict = error instanceof CloudError && error.status === 409;
        if (!conflict || attempt === MAX_CONFLICTS) throw error;
      }
    }
  }

  /**
   * One look at everything. The Providers are read before the secret: who changed them since had a newer
   * secret, and then ours is not written over theirs.
   */
  async #look(signal: AbortSignal): Promise<readonly string[]> {
    const { client, name, namespace, keyType, now } = this.#options;
    const providers = await ProviderBundles.read(client, signal);
    const isSettled = this.#observe(providers);
    const collection = `/api/v1/namespaces/${namespace}/secrets`;
    const secret = await client.get(`${collection}/${name}-tls`, signal);
    const unusable: string[] = [];
    const stored = readStoredTls(secret, unusable);
    this.#tellUnusable(unusable.join("; "));
    const host = `${name}.${namespace}`;
    const plan = await planTls(stored, {
      pair: this.#plan?.pair,
      trusted: [...providers.trusted, ...this.#plan?.bundle ?? []],
      isSettled: ({ fingerprint }) => isSettled(fingerprint),
      dnsNames: [host, `${host}.svc`, `${host}.svc.cluster.local`],
      keyType,
      now: now(),
    });
    await this.#store(collection, secret, plan, signal);
    this.#adopt(plan, stored.pair, stored.authority?.certificate);
    const { written, problems } = await providers.write(bundlePem(plan.bundle), signal);
    if (written.length > 0) {
      this.#options.logger.info("Providers told which CAs to trust", {
        providers: written.join(", "),
        authorities: plan.bundle.length,
      });
    }
    return [...providers.problems, ...problems];
  }

  /** Notes what the Providers trust; tells of a certificate whether they have done so for long enough. */
  #observe(providers: ProviderBundles): (fingerprint: string) => boolean {
    const { settle = SETTLE } = this.#options;
    if (providers.areAbsent) return () => true;
    const now = performance.now();
    const trusted = [...providers.trustedByAll() ?? []];
    this.#trustedSince = new Map(
      trusted.map((fingerprint) => [fingerprint, this.#trustedSince.get(fingerprint) ?? now]),
    );
    return (fingerprint) => now - (this.#trustedSince.get(fingerprint) ?? Infinity) >= settle;
  }

  /** Writes the secret if it is not yet as planned. Throws {@link CloudError}, with 409 if it changed meanwhile. */
  async #store(
    collection: string,
    secret: Readonly<Record<string, unknown>> | undefined,
    plan: Plan,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, name, namespace } = this.#options;
    const data = storedData(plan);
    if (secret === undefined) {
      await client.create(collection, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { name: `${name}-tls`, namespace },
        type: "Opaque",
        data,
      }, signal);
      return;
    }
    const before = memberOf(secret, "data");
    if (Object.entries(data).every(([member, value]) => memberOf(before, member) === value)) return;
    const others = typeof before === "object" ? before : {};
    await client.replace(
      `${collection}/${name}-tls`,
      { ...secret, data: { ...others, ...data } },
      signal,
    );
  }

  #adopt(plan: Plan, storedPair: ServerPair | undefined, storedAuthority?: Certificate): void {
    const { logger, changed } = this.#options;
    const { authority: { certificate }, pair } = plan;
    if (certificate.fingerprint !== storedAuthority?.fingerprint) {
      logger.info("CA created; it issues as soon as Gatekeeper trusts it", about(certificate));
    }
    const before = this.#plan?.pair.certificate.fingerprint;
    this.#plan = plan;
    if (pair.certificate.fingerprint === before) return;
    logger.info(
      pair === storedPair ? "server certificate taken up" : "server certificate issued",
      about(pair.certificate),
    );
    changed();
  }

  /** Told before it is replaced, which is when it is seen last; once, where it cannot be replaced. */
  #tellUnusable(problem: string): void {
    if (problem === this.#unusable) return;
    this.#unusable = problem;
    if (problem === "") return;
    this.#options.logger.warn("the secret holds what cannot be used, and is replaced", {
      secret: `${this.#options.namespace}/${this.#options.name}-tls`,
      problem,
    });
  }

  #failure(): AssayError {
    const { name, namespace } = this.#options;
    return new AssayError({
      code: "CLUSTER_FAILURE",
      component: "server",
      message: `There is no certificate to serve with: ${this.#problem}`,
      remedy:
        `Create the secret ${name}-tls in the namespace ${namespace}, empty, and allow this identity to get and update it.`,
    });
  }
}

function about({ notAfter, fingerprint }: Certificate): Readonly<Record<string, string>> {
  return { not_after: notAfter.toISOString(), sha256: fingerprint.slice(0, 16) };
}
