import { CloudError, type KubernetesAccess, KubernetesClient } from "../../cloud/mod.ts";
import type { CertificateRotation, KeyType } from "../../certificates/mod.ts";
import { AssayError } from "../../errors.ts";
import type { Service } from "../../server/mod.ts";
import { wait } from "../../stores/mod.ts";
import type { Logger, Metrics } from "../../telemetry/mod.ts";
import { openAccess } from "../cluster.ts";
import type { Command, Invocation } from "../command.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { USER_AGENT } from "../version.ts";

/** The rotation of certificates of a service that may not have been started yet. */
export interface ServedRotation extends AsyncDisposable {
  readonly pair: CertificateRotation["pair"];
  readonly problem: string;
  /** From now on the service is told of other certificates, the first time of what changed until now. */
  serve(service: Service): void;
}

/** Whether certificates are rotated by the process itself: only the incumbent's own spelling says so. */
export function rotatesCertificates(io: Io): boolean {
  return io.env("RATIFY_CERT_ROTATION") === "1";
}

/** Reads `--tls-key-type`. Throws {@link AssayError} USAGE_INVALID. */
export function readKeyType(command: Command, invocation: Invocation): KeyType {
  const type = invocation.text("tls-key-type");
  if (type === "ecdsa" || type === "rsa") return type;
  throw usage(command, `--tls-key-type must be ecdsa or rsa; found ${JSON.stringify(type)}`);
}

/**
 * Begins to rotate certificates in the cluster; everything that it takes is loaded only here.
 *
 * @throws {AssayError} CLUSTER_FAILURE when there is none to serve with.
 */
export async function openRotation(
  keyType: KeyType,
  io: Io,
  logger: Logger,
  metrics: Metrics,
): Promise<ServedRotation> {
  const { CertificateRotation } = await import("../../certificates/mod.ts");
  await using opened = new AsyncDisposableStack();
  const access = opened.use(openAccess(io));
  const serving: { service?: Service } = {};
  let served = "";
  let telling: Promise<void> = Promise.resolve();
  const tell = (): void => {
    metrics.certificateExpiry("server-ca", rotation.authority.notAfter);
    if (serving.service === undefined || served === rotation.pair.cert) return;
    served = rotation.pair.cert;
    telling = serving.service.certificateIssued();
  };
  let isOpen = false;
  const rotation = opened.use(
    await CertificateRotation.open({
      client: new KubernetesClient(access, USER_AGENT),
      name: io.env("RATIFY_NAME") || "ratify",
      namespace: await namespaceOf(access),
      keyType,
      now: io.now,
      wait,
      logger,
      changed: () => {
        if (isOpen) tell();
      },
    }),
  );
  isOpen = true;
  tell();
  served = rotation.pair.cert;
  opened.defer(() => telling);
  const running = opened.move();
  return {
    get pair() {
      return rotation.pair;
    },
    get problem() {
      return rotation.problem;
    },
    serve: (service) => {
      serving.service = service;
      tell();
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

async function namespaceOf(access: KubernetesAccess): Promise<string> {
  try {
    return await access.namespace();
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    throw new AssayError({
      code: "CLUSTER_FAILURE",
      component: "server",
      message: `The namespace of the Secret with certificates is not known: ${error.message}`,
      remedy: "Set RATIFY_NAMESPACE, or run where there is a service account.",
      cause: error,
    });
  }
}
