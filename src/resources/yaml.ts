import {
  Composer,
  CST,
  type Document as YamlDocument,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  Parser,
  visit,
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
 * unique texts, tags beyond the core schema and other versions of YAML are refused, and aliases,
 * depth and documents are bounded. Empty documents are left out.
 */
export function parseYamlFile({ path, text }: SourceFile): ParsedFile {
  const lines = new LineCounter();
  const documents: Document[] = [];
  const problems: Problem[] = [];
  const report = (offset: number, message: string): void => {
    problems.push(syntaxProblem(path, place(lines, offset), message));
  };
  const tokens = [...new Parser(lines.addNewLine).parse(text)];
  const deep = tokens.map(tooDeep).find((offset) => offset !== undefined);
  if (deep !== undefined) {
    report(deep, `values are nested more than ${MAX_DEPTH} deep`);
    return { documents, problems };
  }

  let count = 0;
  // The parser's own check of unique keys takes time by the square of their number; see findFault.
  const composer = new Composer({ strict: true, uniqueKeys: false, stringKeys: true });
  for (const yaml of composer.compose(tokens, true, text.length)) {
    if (++count > MAX_DOCUMENTS) {
      report(yaml.range[0], `there are more than ${MAX_DOCUMENTS} documents in the file`);
      break;
    }
    const fault = findFault(yaml);
    if (fault !== undefined) {
      report(fault.offset, fault.message);
      continue;
    }
    try {
      const value: unknown = yaml.toJS({ maxAliasCount: MAX_ALIASES });
      if (value !== null && value !== undefined) documents.push(document(path, yaml, lines, value));
    } catch (error) {
      report(yaml.range[0], error instanceof Error ? error.message : String(error));
    }
  }
  return { documents, problems };
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** The first thing in a document that makes it unusable. */
function findFault(yaml: YamlDocument.Parsed): Fault | undefined {
  const [error] = [...yaml.errors, ...yaml.warnings];
  if (error !== undefined) return { offset: error.pos[0], message: error.message };
  const { version } = yaml.directives.yaml;
  if (version !== "1.2") {
    return {
      offset: yaml.range[0],
      message: `the document says that it is YAML ${version}; it must be YAML 1.2`,
    };
  }
  let fault: Fault | undefined;
  let aliases = 0;
  visit(yaml, {
    Alias: (_, alias) => {
      if (++aliases <= MAX_ALIASES) return undefined;
      fault = {
        offset: start(alias) ?? 0,
        message: `there are more than ${MAX_ALIASES} aliases in the document`,
      };
      return visit.BREAK;
    },
    Map: (_, map) => {
      const keys = new Set<string>();
      for (const { key } of map.items) {
        const name = isScalar(key) ? String(key.value) : "";
        if (keys.has(name)) {
          fault = {
            offset: start(key) ?? 0,
            message: `the key ${JSON.stringify(name.slice(0, 100))} occurs twice`,
          };
          return visit.BREAK;
        }
        keys.add(name);
      }
      return undefined;
    },
  });
  return fault;
}

function document(
  file: string,
  yaml: YamlDocument.Parsed,
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
function find(yaml: YamlDocument.Parsed, path: Path): { key: number; value: number } {
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
 * Where a token has more collections inside each other than any configuration does. What comes
 * after the tokens recurses, so this is looked at before it runs.
 */
function tooDeep(root: CST.Token): number | undefined {
  const open: { token: CST.Token | null | undefined; depth: number }[] = [{
    token: root,
    depth: 0,
  }];
  for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
    const { token, depth } = entry;
    if (token === null || token === undefined) continue;
    if (token.type === "document") open.push({ token: token.value, depth });
    if (!CST.isCollection(token)) continue;
    if (depth === MAX_DEPTH) return token.offset;
    for (const item of token.items) {
      open.push({ token: item.key, depth: depth + 1 }, { token: item.value, depth: depth + 1 });
    }
  }
  return undefined;
}
