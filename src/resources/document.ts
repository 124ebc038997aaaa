import { JsonError, parseJson, type TextPosition } from "../crypto/mod.ts";
import type { Problem } from "./problem.ts";
import type { SourceFile } from "./source.ts";

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
}

/** The documents of a file, and what made the rest of it unreadable. */
export interface ParsedFile {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
}

/** Parses a file: JSON by its name, YAML otherwise. The YAML reader is loaded when it is needed. */
export async function parseFile(file: SourceFile): Promise<ParsedFile> {
  if (file.path.endsWith(".json")) return parseJsonFile(file);
  const { parseYamlFile } = await import("./yaml.ts");
  return parseYamlFile(file);
}

function parseJsonFile({ path, text }: SourceFile): ParsedFile {
  try {
    const json = parseJson(text);
    const document: Document = {
      file: path,
      value: json.value,
      position: (at) => json.position(at),
      keyPosition: (at) => json.keyPosition(at),
    };
    return { documents: [document], problems: [] };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    return { documents: [], problems: [syntaxProblem(path, error, error.message)] };
  }
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
