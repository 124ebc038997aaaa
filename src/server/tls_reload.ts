import { asAssayError } from "../errors.ts";
import { FileWatch } from "../resources/mod.ts";
import type { Logger, Metrics } from "../telemetry/mod.ts";
import { readTlsFiles, type TlsFiles, type TlsMaterial } from "./tls_files.ts";

/** Tells metrics when certificates end. */
export function reportExpiry(tls: TlsMaterial, metrics: Metrics): void {
  metrics.certificateExpiry("server", tls.notAfter);
  if (tls.clientCaNotAfter !== undefined) {
    metrics.certificateExpiry("client-ca", tls.clientCaNotAfter);
  }
}

/** The paths of certificate files. */
export function pathsOf({ certificate, key, clientCa }: TlsFiles): readonly string[] {
  return [certificate, key, ...(clientCa === undefined ? [] : [clientCa])];
}

/**
 * Watches certificate files and hands them on, all together, whenever they changed and fit together.
 * What does not fit, such as a certificate whose key has not been written yet, leaves the last ones in
 * force.
 *
 * @param before `signatureOf` the paths, taken before the files were read.
 */
export function watchTlsFiles(
  files: TlsFiles,
  before: string,
  apply: (tls: TlsMaterial) => void,
  logger: Logger,
  metrics: Metrics,
): AsyncDisposable {
  return new FileWatch(() => pathsOf(files), before, async () => {
    try {
      const tls = await readTlsFiles(files);
      apply(tls);
      reportExpiry(tls, metrics);
      logger.info("certificates reloaded", { not_after: tls.notAfter.toISOString() });
    } catch (error) {
      logger.error("certificates not reloaded; the last ones stay in force", {
        error: asAssayError(error, "server"),
      });
    }
  });
}
