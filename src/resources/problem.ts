import type { ErrorCode } from "../errors.ts";
import { quote } from "./describe.ts";

/** Something wrong with a configuration, at its place. */
export interface Problem {
  readonly severity: "error" | "warning";
  readonly code: ErrorCode;
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** `Kind/name`, or `Kind/namespace/name` for a namespaced kind; empty when not known. */
  readonly resource: string;
  /** As in `spec.parameters.trustPolicyDoc.trustPolicies[0].name`; empty for the whole. */
  readonly field: string;
  /** What is wrong and what would be right. */
  readonly text: string;
}

/** `FILE:LINE:COLUMN: error|warning CODE Kind/name field: text`, the form that editors jump from. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, severity, code, resource, field, text } = problem;
  const subject = [resource, field].filter((part) => part !== "").join(" ");
  return `${file}:${line}:${column}: ${severity} ${code} ${
    subject === "" ? "" : `${subject}: `
  }${text}`;
}

const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,99}$/;

/** A path of member names and indexes as a person writes it; long names are cut. */
export function formatPath(path: readonly (string | number)[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    if (!PLAIN_NAME.test(step)) return `${text}[${quote(step, 100)}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");
}
