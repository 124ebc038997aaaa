import type { WireReferrer, WireReport } from "../report/mod.ts";
import { createCelEvaluator } from "./cel_evaluator.ts";
import { createJudgedPolicy, type JudgedDocument, type Judgement } from "./judged_policy.ts";
import type { PolicyProvider } from "./policy_provider.ts";
import { SAMPLE_DOCUMENTS } from "./sample_documents.ts";

/** What is wrong with an expression, and where: line and column from 1. */
export interface CelProblem {
  readonly message: string;
  readonly place: { readonly line: number; readonly column: number };
}

/** What came of making a policy. */
export type CelPolicyResult =
  | { readonly policy: PolicyProvider }
  | { readonly problems: readonly CelProblem[] };

/** The longest expression, in characters. */
const MAX_EXPRESSION = 64 * 1024;

// What an expression sees; their fields are those of form 1.1.0.
class Report {}
class Artifact {}
class Input {}

const REPORT_FIELDS = {
  isSuccess: "bool",
  message: "string",
  name: "string",
  extensions: "map<string, dyn>",
  errorReason: "string",
  remediation: "string",
  verifierName: "string",
  type: "string",
  verifierType: "string",
} as const satisfies Record<Exclude<keyof WireReport, "origin">, string>;

const ARTIFACT_FIELDS = {
  subject: "string",
  referenceDigest: "string",
  artifactType: "string",
  verifierReports: "list<Report>",
  nestedReports: "list<Artifact>",
} as const satisfies Record<keyof WireReferrer, string>;

/**
 * A policy that is one expression in CEL over the variable `input`. It must be a truth value by its
 * types, and is evaluated over samples. An expression that has no value for an image, such as by a
 * field that is not there, is a *failed* evaluation, which is undecided.
 */
export async function createCelPolicy(expression: string): Promise<CelPolicyResult> {
  const start = { line: 1, column: 1 };
  if (expression.length > MAX_EXPRESSION) {
    const message = `must have at most ${MAX_EXPRESSION} characters; found ${expression.length}`;
    return { problems: [{ message, place: start }] };
  }
  const evaluator = await createCelEvaluator(expression, {
    types: [["Report", Report, REPORT_FIELDS], ["Artifact", Artifact, ARTIFACT_FIELDS], [
      "Input",
      Input,
      { verifierReports: "list<Artifact>" },
    ]],
    variables: { input: "Input" },
  });
  if ("problem" in evaluator) {
    const { message, offset } = evaluator.problem;
    return { problems: [{ message, place: placeOf(expression, offset) }] };
  }
  if (evaluator.type !== "bool") {
    const message = `must be of the type bool; it is of the type ${evaluator.type}`;
    return { problems: [{ message, place: start }] };
  }
  const judge = (document: JudgedDocument): Judgement => {
    const found = evaluator.evaluate({ input: typedInput(document) });
    if ("value" in found) {
      return found.value === true
        ? { answer: "yes" }
        : { answer: "no", explanation: "the expression is false" };
    }
    const { line, column } = placeOf(expression, found.problem.offset);
    const explanation = `line ${line}, column ${column}: ${found.problem.message}`;
    return { answer: "failed", explanation, wasStopped: found.problem.wasStopped };
  };
  // An expression may well have no value for a sample; one that takes too long must not be loaded.
  for (const document of SAMPLE_DOCUMENTS) judge(document);
  return { policy: createJudgedPolicy("cel-policy", judge) };
}

/** The document with types that an expression is checked by; extensions are a map also when there are none. */
function typedInput({ verifierReports }: JudgedDocument): Input {
  return Object.assign(new Input(), { verifierReports: verifierReports.map(typedArtifact) });
}

function typedArtifact(artifact: WireReferrer): Artifact {
  return Object.assign(new Artifact(), {
    ...artifact,
    verifierReports: artifact.verifierReports.map((report) =>
      Object.assign(new Report(), { ...report, extensions: report.extensions ?? {} })
    ),
    nestedReports: artifact.nestedReports.map(typedArtifact),
  });
}

function placeOf(text: string, offset: number): CelProblem["place"] {
  const before = text.slice(0, offset).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
