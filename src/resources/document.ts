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
  const parsed = file.path.endsWith(".json") ? parseJsonFile(file) : await parseYaml(file);
  const problems = [...parsed.problems];
  const documents = parsed.documents.filter((document) => {
    const path = findPrototypeMember(document.value);
    if (path === undefined) return true;
    const text = 'a member must not be named "__proto__"';
    problems.push(syntaxProblem(file.path, document.keyPosition(path), text));
    return false;
  });
  return { documents, problems };
}

async function parseYaml(file: SourceFile): Promise<ParsedFile> {
  const { parseYamlFile } = await import("./yaml.ts");
  return parseYamlFile(file);
}

/** Where a member has the one name that may mean something else than itself to code that copies it. */
function findPrototypeMember(root: unknown): Path | undefined {
  const open: { value: unknown; path: Path }[] = [{ value: root, path: [] }];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { value, path } = entry;
    if (typeof value !== "object" || value === null) continue;
    const members = Array.isArray(value) ? value.entries() : Object.entries(value);
    for (const [step, member] of members) {
      const at = [...path, step];
      if (step === "__proto__") return at;
      open.push({ value: member, path: at });
    }
  }
  return undefined;
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
    // The place stands before the message already.
    const message = error.message.replace(/^JSON: /, "").replace(/ \(line \d+, column \d+\)$/, "");
    return { documents: [], problems: [syntaxProblem(path, error, message)] };
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
