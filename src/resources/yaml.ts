import {
  type Document as YamlDocument,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseAllDocuments,
} from "yaml";
import type { TextPosition } from "../crypto/mod.ts";
import { type Document, type ParsedFile, type Path, syntaxProblem } from "./document.ts";
import type { Problem } from "./problem.ts";
import type { SourceFile } from "./source.ts";

const MAX_ALIASES = 20;
const MAX_DEPTH = 64;
const MAX_DOCUMENTS = 1000;

/**
 * Parses the documents of a YAML 1.2 file, strictly: a warning of the parser is an error, keys are
 * unique, tags beyond the core schema are refused, and aliases and depth are bounded. Empty
 * documents are left out.
 */
export function parseYamlFile({ path, text }: SourceFile): ParsedFile {
  const deep = tooDeep(text);
  if (deep !== undefined) {
    return {
      documents: [],
      problems: [syntaxProblem(path, deep, `values are nested more than ${MAX_DEPTH} deep`)],
    };
  }
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { strict: true, uniqueKeys: true, lineCounter: lines });
  const documents: Document[] = [];
  const problems: Problem[] = [];
  for (const yaml of Array.isArray(parsed) ? parsed.slice(0, MAX_DOCUMENTS) : []) {
    const [fault] = [...yaml.errors, ...yaml.warnings];
    if (fault !== undefined) {
      const message = fault.message.split(" at line ")[0] ?? fault.message;
      problems.push(syntaxProblem(path, place(lines, fault.pos[0]), message));
      continue;
    }
    try {
      const value: unknown = yaml.toJS({ maxAliasCount: MAX_ALIASES });
      if (value !== null && value !== undefined) documents.push(document(path, yaml, lines, value));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push(syntaxProblem(path, place(lines, yaml.range?.[0] ?? 0), message));
    }
  }
  return { documents, problems };
}

function document(
  file: string,
  yaml: YamlDocument,
  lines: LineCounter,
  value: unknown,
): Document {
  return {
    file,
    value,
    position: (path) => place(lines, find(yaml, path).value),
    keyPosition: (path) => place(lines, find(yaml, path).key),
  };
}

function place(lines: LineCounter, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** Offsets of the key and the value at a path; of the nearest ones above it when there are none. */
function find(yaml: YamlDocument, path: Path): { key: number; value: number } {
  let node: unknown = yaml.contents;
  let found = { key: start(node) ?? 0, value: start(node) ?? 0 };
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(yaml);
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key }) =>
        isScalar(key) && String(key.value) === step
      );
      if (pair === undefined) return found;
      node = pair.value;
      const key = start(pair.key) ?? found.value;
      found = { key, value: start(node) ?? key };
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      node = node.items[step];
      const value = start(node) ?? found.value;
      found = { key: value, value };
    } else {
      return found;
    }
  }
  return found;
}

function start(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/**
 * Where the text opens more brackets, or more list entries on one line, than any configuration
 * does. The parser recurses, so this is looked at before it runs; indentation is bounded too, since
 * each level of a block costs at least one column.
 */
function tooDeep(text: string): TextPosition | undefined {
  for (const [index, line] of text.split("\n").entries()) {
    const indent = line.length - line.trimStart().length;
    const dashes = /^\s*((?:[-?:]\s+)*)/.exec(line)?.[1]?.length ?? 0;
    if (indent + dashes > MAX_DEPTH * 8) return { line: index + 1, column: 1 };
  }
  let depth = 0;
  let offset = 0;
  for (const character of text) {
    if (character === "[" || character === "{") depth++;
    else if (character === "]" || character === "}") depth = Math.max(0, depth - 1);
    if (depth > MAX_DEPTH) {
      const before = text.slice(0, offset);
      return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
    }
    offset += character.length;
  }
  return undefined;
}
