import type { ProviderStatus } from "../../keys/mod.ts";
import { canonicalJson } from "../generation.ts";
import type { Problem } from "../problem.ts";
import type { ClusterObject } from "./cluster_object.ts";

/** The status of a resource, as its definition has it. */
export interface ResourceStatus {
  readonly issuccess: boolean;
  readonly error: string;
  readonly brieferror: string;
  readonly lastfetchedtime?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly observedGeneration: number;
  readonly conditions: readonly Condition[];
}

/** A condition as Kubernetes has them. */
export interface Condition {
  readonly type: string;
  readonly status: "True" | "False";
  readonly observedGeneration: number;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

/** How long the short error is at most: columns of `kubectl get` show it. */
const BRIEF = 100;
const MAX_TEXT = 4096;

/** What is known of a resource. */
export interface ResourceOutcome {
  readonly object: ClusterObject;
  /** What is wrong with it as it is now. */
  readonly problems: readonly Problem[];
  /** Whether a version of it is in force. */
  readonly isInForce: boolean;
  /** How it stands with what it fetches; undefined where it fetches nothing. */
  readonly provider: ProviderStatus | undefined;
  readonly now: Date;
}

/**
 * The status of a resource: the fields that scripts know, and conditions. `Ready` says whether the resource
 * is in force as it is; `Fresh`, of providers that fetch, whether the last refresh succeeded.
 */
export function statusOf(outcome: ResourceOutcome): ResourceStatus {
  const { object, provider } = outcome;
  const ready = readiness(outcome);
  const failing = (provider?.entries ?? []).filter(({ problem }) => problem !== undefined);
  const fetchProblem = failing.map(({ label, problem }) => `${label}: ${problem?.message}`).join(
    "; ",
  );
  const error = ready.status === "False"
    ? ready.error
    : failing.length > 0
    ? `${failing[0]?.problem?.code}: ${fetchProblem}`
    : "";
  const conditions = [condition(outcome, "Ready", ready)];
  if (provider !== undefined) {
    conditions.push(condition(outcome, "Fresh", {
      status: failing.length === 0 ? "True" : "False",
      reason: failing.length === 0 ? "Fetched" : "FetchFailed",
      message: failing.length === 0 ? "The last refresh succeeded" : fetchProblem,
    }));
  }
  return {
    issuccess: error === "",
    error: error.slice(0, MAX_TEXT),
    brieferror: error.length > BRIEF ? `${error.slice(0, BRIEF - 3)}...` : error,
    ...(provider === undefined ? {} : propertiesOf(provider)),
    observedGeneration: object.generation,
    conditions,
  };
}

/** Whether two statuses say the same; times of what did not change do not count. */
export function isSameStatus(wanted: ResourceStatus, stored: unknown): boolean {
  return withoutTimes(wanted) === withoutTimes(stored);
}

function withoutTimes(status: unknown): string {
  const text = JSON.stringify(
    status ?? null,
    (name, value) => name === "lastTransitionTime" ? undefined : value,
  );
  return canonicalJson(JSON.parse(text));
}

function readiness(
  { problems, isInForce }: ResourceOutcome,
): Pick<Condition, "status" | "reason" | "message"> & { readonly error: string } {
  const errors = problems.filter(({ severity }) => severity === "error");
  const describe = ({ field, text }: Problem): string => [field, text].filter(Boolean).join(": ");
  if (errors.length === 0) {
    const warnings = problems.map(describe).join("; ");
    const message = warnings === "" ? "In force" : `In force; ${warnings}`;
    return { status: "True", reason: "InForce", message: message.slice(0, MAX_TEXT), error: "" };
  }
  const told = errors.map(describe).join("; ");
  const error = `${errors[0]?.code}: ${told}`;
  return {
    status: "False",
    reason: isInForce ? "LastGoodInForce" : "Invalid",
    message: `${isInForce ? "The version before stays in force: " : ""}${told}`.slice(0, MAX_TEXT),
    error,
  };
}

/** The time of the last change stays as long as the condition does. */
function condition(
  { object, now }: ResourceOutcome,
  type: string,
  { status, reason, message }: Pick<Condition, "status" | "reason" | "message">,
): Condition {
  const stored = (object.status as { readonly conditions?: unknown } | null | undefined)
    ?.conditions;
  const before = Array.isArray(stored)
    ? stored.find((one) => one?.type === type && one.status === status)
    : undefined;
  const since = before?.lastTransitionTime;
  return {
    type,
    status,
    observedGeneration: object.generation,
    reason,
    message,
    lastTransitionTime: typeof since === "string" ? since : seconds(now),
  };
}

/** One line for each certificate and key, in the words that dashboards know. */
function propertiesOf(
  { entries }: ProviderStatus,
): Pick<ResourceStatus, "lastfetchedtime" | "properties"> {
  const times = entries.flatMap(({ lastRefreshed }) => lastRefreshed ?? []);
  const line = (name: string, version: string, refreshed: Date | undefined): unknown => ({
    Name: name,
    Version: version,
    Enabled: "true",
    ...(refreshed === undefined ? {} : { LastRefreshed: seconds(refreshed) }),
  });
  const linesOf = (kind: string): unknown[] =>
    entries.flatMap(({ details, lastRefreshed }) =>
      details.filter((detail) => detail.kind === kind)
        .map(({ name, version }) => line(name, version, lastRefreshed))
    );
  return {
    ...(times.length === 0
      ? {}
      : { lastfetchedtime: seconds(new Date(Math.max(...times.map((time) => time.getTime())))) }),
    properties: { Certificates: linesOf("certificate"), Keys: linesOf("key") },
  };
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
