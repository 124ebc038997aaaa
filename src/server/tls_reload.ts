import { asAssayError } from "../errors.ts";
import { FileWatch } from "../resources/mod.ts";
import type { Logger, Metrics } from "../telemetry/mod.ts";
import { readTlsFiles, type TlsMaterial, type TlsSource } from "./tls_files.ts";

/** Tells metrics when certificates end. */
export function reportExpiry(tls: TlsMaterial, metrics: Metrics): void {
  metrics.certificateExpiry("server", tls.notAfter);
  if (tls.clientCaNotAfter !== undefined) {
    metrics.certificateExpiry("client-ca", tls.clientCaNotAfter);
  }
}

/** The paths of certificate files. */
export function pathsOf(source: TlsSource): readonly string[] {
  const { clientCa } = source;
  return [
    ...("issued" in source ? [] : [source.certificate, source.key]),
    ...(clientCa === undefined ? [] : [clientCa]),
  ];
}

/**
 * Hands certificates on, all together, whenever some changed and they fit together: when files did, which
 * are watched, and when it is told of others. What does not fit, such as a certificate whose key has not
 * been written yet, leaves the last ones in force.
 */
export class TlsReload implements AsyncDisposable {
  readonly #source: TlsSource;
  readonly #apply: (tls: TlsMaterial) => void;
  readonly #logger: Logger;
  readonly #metrics: Metrics;
  readonly #watch: FileWatch;
  /** One reload at a time: what is read last is in force last. */
  #reloading: Promise<void> = Promise.resolve();

  /** @param before `signatureOf` the paths, taken before the files were read. */
  constructor(
    source: TlsSource,
    before: string,
    apply: (tls: TlsMaterial) => void,
    logger: Logger,
    metrics: Metrics,
  ) {
    this.#source = source;
    this.#apply = apply;
    this.#logger = logger;
    this.#metrics = metrics;
    this.#watch = new FileWatch(() => pathsOf(source), before, () => this.reload());
  }

  /** Reads everything again. Does not throw. */
  reload(): Promise<void> {
    return this.#reloading = this.#reloading.then(() => this.#read());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#watch[Symbol.asyncDispose]();
    await this.#reloading;
  }

  async #read(): Promise<void> {
    try {
      const tls = await readTlsFiles(this.#source);
      this.#apply(tls);
      reportExpiry(tls, this.#metrics);
      this.#logger.info("certificates reloaded", { not_after: tls.notAfter.toISOString() });
    } catch (error) {
      this.#logger.error("certificates not reloaded; the last ones stay in force", {
        error: asAssayError(error, "server"),
      });
    }
  }
}
