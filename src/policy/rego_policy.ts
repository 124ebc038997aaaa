import { createJudgedPolicy, type Judgement } from "./judged_policy.ts";
import type { PolicyProvider } from "./policy_provider.ts";
import { RegoEngine, type RegoProblem, type RegoValue } from "./rego_engine.ts";
import { SAMPLE_DOCUMENTS } from "./sample_documents.ts";

/** The configuration of the policy type `rego-policy`. */
export interface RegoPolicyConfiguration {
  /** The module: package `ratify.policy`, rule `valid`. */
  readonly source: string;
  /** Whether nothing is decided here, for whoever asked judges the reports: always a *no*. */
  readonly passthrough: boolean;
}

/** What came of making a policy. */
export type RegoPolicyResult =
  | { readonly policy: PolicyProvider; readonly syntax: "v0" | "v1" }
  | { readonly problems: readonly RegoProblem[] };

/**
 * A policy in Rego. The module is loaded, and evaluated over samples, so that whatever is wrong with it
 * shows now. It is read in the syntax of before version 1 where that fits, as deployed policies are
 * written, else in that of version 1. Anything but `true` is a *no*.
 *
 * @param wasm the interpreter.
 */
export function createRegoPolicy(
  wasm: WebAssembly.Module,
  { source, passthrough }: RegoPolicyConfiguration,
): RegoPolicyResult {
  const v1 = load(wasm, source, false);
  const v0 = load(wasm, source, true);
  const loaded = v0.problems.length === 0 ? v0 : v1.problems.length === 0 ? v1 : undefined;
  if (loaded === undefined) return { problems: whatWasMeant(v0.problems, v1.problems) };
  const { engine } = loaded;
  const problems = SAMPLE_DOCUMENTS.map((document) => problemOf(engine.evaluate(document), source))
    .find((problem) => problem !== undefined);
  if (problems !== undefined) return { problems: [problems] };
  const judge = passthrough
    ? (): Judgement => no("whoever asked judges the reports (passthroughEnabled)")
    : (document: unknown): Judgement => judgementOf(engine.evaluate(document));
  return {
    policy: createJudgedPolicy("rego-policy", judge),
    syntax: v1.problems.length === 0 ? "v1" : "v0",
  };
}

interface Loaded {
  readonly engine: RegoEngine;
  readonly problems: readonly RegoProblem[];
}

function load(wasm: WebAssembly.Module, source: string, v0: boolean): Loaded {
  const engine = new RegoEngine(wasm, source, v0);
  return { engine, problems: engine.load() };
}

/** Of the problems in two syntaxes, those of the one that is understood further. */
function whatWasMeant(
  v0: readonly RegoProblem[],
  v1: readonly RegoProblem[],
): readonly RegoProblem[] {
  const reach = ([first]: readonly RegoProblem[]): number =>
    (first?.place?.line ?? 0) * 10_000 + (first?.place?.column ?? 0);
  return reach(v1) > reach(v0) ? v1 : v0;
}

function problemOf(value: RegoValue, source: string): RegoProblem | undefined {
  if (value.kind === "undefined") return undefined;
  if (value.kind === "value") {
    if (typeof value.value === "boolean") return undefined;
    return {
      message: `valid must be true or false; it is ${brief(value.value)}`,
      place: undefined,
    };
  }
  if (value.problem.message !== "not a valid rule path") return value.problem;
  const found = /^[ \t]*package[ \t]+(\S+)/m.exec(source);
  if (found?.[1] === "ratify.policy") {
    return { message: "there must be a rule valid in the module", place: undefined };
  }
  const line = source.slice(0, found?.index ?? 0).split("\n").length;
  const column = (found?.[0].indexOf("package") ?? 0) + 1;
  const message = `must be package ratify.policy; found package ${found?.[1] ?? "of another name"}`;
  return { message, place: { line, column } };
}

function judgementOf(value: RegoValue): Judgement {
  switch (value.kind) {
    case "undefined":
      return no("data.ratify.policy.valid is undefined");
    case "value":
      return value.value === true
        ? { answer: "yes" }
        : no(`data.ratify.policy.valid is ${brief(value.value)}`);
    case "failed": {
      const { message, place } = value.problem;
      const where = place === undefined ? "" : `line ${place.line}, column ${place.column}: `;
      const { wasStopped } = value;
      return { answer: "failed", explanation: `${where}${message}`, wasStopped };
    }
  }
}

function no(explanation: string): Judgement {
  return { answer: "no", explanation };
}

function brief(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length <= 100 ? text : `${text.slice(0, 100)}…`;
}
