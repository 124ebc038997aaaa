import type { ConfigurationSource } from "../resources/mod.ts";

/** Whether requests get verdicts, and the state of what that depends on. */
export interface ServiceState {
  readonly configuration: Pick<ConfigurationSource, "current" | "refusal">;
  readonly stopping: boolean;
  readonly certificateNotAfter: Date | undefined;
  /** What is wrong with the rotation of certificates; empty when nothing is. */
  readonly rotationProblem?: string;
  /** What to say of key management providers. */
  readonly keyProviders?: readonly unknown[];
  readonly now: Date;
}

const MAX_PROBLEMS = 20;

/** The answer to `/readyz`: 200 when requests get verdicts, else 503; either way with details. */
export function readinessOf(state: ServiceState): Response {
  const { current, refusal } = state.configuration;
  const certificate = state.certificateNotAfter;
  const expired = certificate !== undefined && certificate < state.now;
  const ready = !state.stopping && !expired;
  const details = {
    ready,
    ...(state.stopping ? { stopping: true } : {}),
    configuration: {
      generation: current.generation,
      ...(refusal === undefined ? {} : {
        refused: {
          at: refusal.at.toISOString(),
          problems: refusal.error === undefined
            ? refusal.problems.filter(({ severity }) => severity === "error").slice(0, MAX_PROBLEMS)
            : [{ code: refusal.error.code, text: refusal.error.message }],
        },
      }),
    },
    ...(certificate === undefined ? {} : {
      certificate: {
        notAfter: certificate.toISOString(),
        expired,
        ...(state.rotationProblem ? { rotation: state.rotationProblem } : {}),
      },
    }),
    ...(state.keyProviders?.length ? { keyProviders: state.keyProviders } : {}),
  };
  return Response.json(details, { status: ready ? 200 : 503 });
}
