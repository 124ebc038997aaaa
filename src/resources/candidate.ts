import type { ErrorCode, Issue } from "../errors.ts";
import type { Document, Path, TextPlace } from "./document.ts";
import { formatPath, type Problem } from "./problem.ts";

/** What a resource is for, whichever of its kinds it comes in. */
export type ResourceClass =
  | "Store"
  | "Verifier"
  | "Policy"
  | "KeyManagementProvider"
  | "CertificateStore";

/**
 * A resource whose kind is known and whose spec is an object, before anything else of it was
 * looked at; from a custom resource, or from a part of config.json.
 */
export interface Candidate {
  readonly class: ResourceClass;
  /** `Kind/name` or `Kind/namespace/name`, for people. */
  readonly label: string;
  /** The namespace whose requests it applies to; empty for the cluster. */
  readonly scope: string;
  readonly name: string;
  readonly document: Document;
  /** Where the resource begins in the document. */
  readonly path: Path;
  /** How many steps of a path lead to the resource, which the names of its fields leave out. */
  readonly depth: number;
  /** The fields beside the parameters, and where they are. */
  readonly spec: Readonly<Record<string, unknown>>;
  readonly specPath: Path;
  /** Where the type is named. */
  readonly typePath: Path;
  /** The parameters, and where they are. */
  readonly parameters: Readonly<Record<string, unknown>> | undefined;
  readonly parametersPath: Path;
}

/** How a problem differs from an error CONFIG_INVALID at a value. */
export interface ProblemOptions {
  readonly severity?: "error" | "warning";
  readonly code?: ErrorCode;
  /** Whether the member's name is the place, rather than its value. */
  readonly atKey?: boolean;
  /** A place within the value, which is a text of several lines. */
  readonly within?: TextPlace;
  /** How many steps of the path the name of the field leaves out. */
  readonly depth?: number;
}

/** The most problems of one severity in one file that are told. Nobody corrects more at a time. */
const MAX_PROBLEMS = 200;

/** Collects problems, with their places in a document. */
export class ProblemList {
  readonly problems: Problem[] = [];
  readonly #counts = new Map<string, number>();

  get hasErrors(): boolean {
    return this.problems.some((problem) => problem.severity === "error");
  }

  /** Adds a problem at the value of a path of the document, or at the member's name. */
  add(
    document: Document,
    resource: string,
    path: Path,
    text: string,
    options: ProblemOptions = {},
  ): void {
    const severity = options.severity ?? "error";
    const key = `${severity} ${document.file}`;
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    if (count > MAX_PROBLEMS) return;
    const { line, column } = options.within !== undefined
      ? document.positionWithin(path, options.within)
      : options.atKey
      ? document.keyPosition(path)
      : document.position(path);
    if (count === MAX_PROBLEMS) {
      const more = `there are more ${severity}s in this file than are told`;
      const place = { file: document.file, line, column };
      this.problems.push({
        severity,
        code: "CONFIG_INVALID",
        ...place,
        resource: "",
        field: "",
        text: more,
      });
      return;
    }
    this.problems.push({
      severity,
      code: options.code ?? "CONFIG_INVALID",
      file: document.file,
      line,
      column,
      resource,
      field: formatPath(path.slice(options.depth ?? 0)),
      text,
    });
  }

  /** Adds a problem of a resource, at a path of the document. */
  of(
    candidate: Candidate,
    path: Path,
    text: string,
    options: ProblemOptions = {},
  ): void {
    this.add(candidate.document, candidate.label, path, text, {
      ...options,
      depth: candidate.depth,
    });
  }

  /** Adds what a check of a part of a resource found; paths of the issues are below `at`. */
  issues(candidate: Candidate, at: Path, issues: readonly (Issue & { atKey?: boolean })[]): void {
    for (const { severity, code, message, path, atKey } of issues) {
      this.of(candidate, [...at, ...path], message, {
        severity,
        ...(code === undefined ? {} : { code }),
        ...(atKey === undefined ? {} : { atKey }),
      });
    }
  }
}
