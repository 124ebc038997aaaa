import type { Document, Path } from "../document.ts";
import { formatPath } from "../problem.ts";

/**
 * What became of a field. `note`: nothing was lost. `changed`: it means something else here. `dropped`: it had
 * an effect that there is none for here. `decision`: somebody must decide; until then nothing more is allowed.
 */
export type FindingKind = "note" | "changed" | "dropped" | "decision";

/** One line of the loss report. */
export interface Finding {
  readonly kind: FindingKind;
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** `Kind/name` or `Kind/namespace/name`; empty for a file as a whole. */
  readonly resource: string;
  /** As in `spec.parameters.key`; empty for the whole. */
  readonly field: string;
  readonly text: string;
  /** What to do; empty for notes. */
  readonly remedy: string;
}

/** Where a resource was read from. */
export interface Place {
  readonly document: Document;
  /** Where it begins in the document. */
  readonly path: Path;
}

/** Who is spoken about: a resource, and where it was read from. */
export interface Subject {
  readonly label: string;
  readonly source: Place;
}

/** Collects findings, with their places in what was read. */
export class Report {
  readonly #findings: Finding[] = [];

  /** @param field the path of the field below the resource. */
  add(
    kind: FindingKind,
    { label, source }: Subject,
    field: Path,
    text: string,
    remedy = "",
  ): void {
    const { document, path } = source;
    const { line, column } = document.position([...path, ...field]);
    const place = { file: document.file, line, column };
    const finding = { kind, ...place, resource: label, field: formatPath(field), text, remedy };
    const isKnown = this.#findings.some((one) => JSON.stringify(one) === JSON.stringify(finding));
    if (!isKnown) this.#findings.push(finding);
  }

  /** In the order of files and lines. */
  get findings(): readonly Finding[] {
    const files = [...new Set(this.#findings.map(({ file }) => file))];
    return this.#findings.toSorted((a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line || a.column - b.column
    );
  }
}

/** `FILE:LINE:COLUMN: KIND Kind/name field: text. To do: remedy`. */
export function formatFinding(finding: Finding): string {
  const { file, line, column, kind, resource, field, text, remedy } = finding;
  const subject = [resource, field].filter((part) => part !== "").join(" ");
  const about = subject === "" ? "" : `${subject}: `;
  return `${file}:${line}:${column}: ${kind} ${about}${text}${
    remedy === "" ? "" : `. To do: ${remedy}`
  }`;
}
