import { JsonError, parseJson } from "../crypto/mod.ts";
import { type Document, type ParsedFile, type Path, syntaxProblem } from "./document.ts";
import type { SourceFile } from "./source.ts";

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
      positionWithin: (at) => json.position(at), // a text of JSON is one line
    };
    return { documents: [document], problems: [] };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    // The place stands before the message already.
    const message = error.message.replace(/^JSON: /, "").replace(/ \(line \d+, column \d+\)$/, "");
    return { documents: [], problems: [syntaxProblem(path, error, message)] };
  }
}
