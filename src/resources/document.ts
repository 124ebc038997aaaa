import type { TextPosition } from "../crypto/mod.ts";
import type { Problem } from "./problem.ts";

/** The path of a field: member names and array indexes. */
export type Path = readonly (string | number)[];

/** One document of a file: its value, and where everything in it stands. */
export interface Document {
  readonly file: string;
  readonly value: unknown;
  /** Where the value at a path stands; the nearest one above it when there is none. */
  position(path: Path): TextPosition;
  /** Where the name of the member at a path stands. */
  keyPosition(path: Path): TextPosition;
  /**
   * Where a place within the text at a path stands, line and column from 1. Where the file does not show
   * the text as it is, line by line, that is where the text begins.
   */
  positionWithin(path: Path, place: TextPlace): TextPosition;
}

/** A place in a text. */
export type TextPlace = Pick<TextPosition, "line" | "column">;

/** The documents of a file, and what made the rest of it unreadable. */
export interface ParsedFile {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
}

/** The problem of a file that cannot be parsed. */
export function syntaxProblem(file: string, position: TextPosition, text: string): Problem {
  const { line, column } = position;
  return {
    severity: "error",
    code: "CONFIG_INVALID",
    file,
    line,
    column,
    resource: "",
    field: "",
    text,
  };
}
