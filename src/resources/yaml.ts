import {
  type Alias,
  Composer,
  CST,
  type Document as YamlDocument,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Pair,
  Parser,
  visit,
  type YAMLMap,
} from "yaml";
import type { TextPosition } from "../crypto/mod.ts";
import { quote } from "./describe.ts";
import {
  type Document,
  type ParsedFile,
  type Path,
  syntaxProblem,
  type TextPlace,
} from "./document.ts";
import type { Problem } from "./problem.ts";
import type { SourceFile } from "./source.ts";

const MAX_ALIASES = 20;
const MAX_DEPTH = 64;
const MAX_DOCUMENTS = 1000;
const MAX_LEXEMES = 200_000;

/** The types of JSON. Whatever else the parser knows, such as `!!binary`, is no configuration. */
const TAGS = ["str", "int", "float", "bool", "null", "map", "seq"]
  .map((name) => `tag:yaml.org,2002:${name}`);

/**
 * Parses the documents of a YAML 1.2 file, strictly: a warning of the parser is an error, keys are
 * unique texts, tags beyond those of JSON's types and other versions of YAML are refused, and size,
 * depth, aliases and documents are bounded. Empty documents are left out.
 */
export function parseYamlFile({ path, text }: SourceFile): ParsedFile {
  const lines = new LineCounter();
  const documents: Document[] = [];
  const problems: Problem[] = [];
  const report: Report = (offset, message) => {
    problems.push(syntaxProblem(path, place(lines, offset), message));
  };
  try {
    const tokens = readTokens(text, lines, report);
    if (tokens !== undefined) {
      for (const yaml of compose(tokens, text.length, report)) {
        try {
          const value: unknown = yaml.toJS({ maxAliasCount: MAX_ALIASES });
          if (value !== null && value !== undefined) {
            documents.push(document({ path, text }, yaml, lines, value));
          }
        } catch (error) {
          if (!(error instanceof ReferenceError)) throw error;
          report(yaml.range[0], "aliases make the document much larger than it looks");
        }
      }
    }
  } catch (error) {
    // The parser recurses over some texts that are no YAML.
    if (!(error instanceof RangeError)) throw error;
    report(0, "the file cannot be read: it is nested too deep");
  }
  return { documents, problems };
}

type Report = (offset: number, message: string) => void;

/** The concrete syntax of a file; undefined, with a problem, when it is too large or too deep. */
function readTokens(text: string, lines: LineCounter, report: Report): CST.Token[] | undefined {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++count > MAX_LEXEMES) {
      report(0, `the file is too large: it has more than ${MAX_LEXEMES} words and signs`);
      return undefined;
    }
    tokens.push(...parser.next(lexeme));
  }
  tokens.push(...parser.end());
  const deep = tokens.map(tooDeep).find((offset) => offset !== undefined);
  if (deep === undefined) return tokens;
  report(deep, `values are nested more than ${MAX_DEPTH} deep`);
  return undefined;
}

/** The documents that have no fault. */
function* compose(
  tokens: readonly CST.Token[],
  end: number,
  report: Report,
): Generator<YamlDocument.Parsed> {
  let count = 0;
  // The parser's own check of unique keys takes time by the square of their number; see findFault.
  const composer = new Composer({ strict: true, uniqueKeys: false, stringKeys: true });
  for (const yaml of composer.compose(tokens, true, end)) {
    if (++count > MAX_DOCUMENTS) {
      report(yaml.range[0], `there are more than ${MAX_DOCUMENTS} documents in the file`);
      return;
    }
    const fault = findFault(yaml);
    if (fault === undefined) yield yaml;
    else report(fault.offset, fault.message);
  }
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** The first thing in a document that makes it unusable. */
function findFault(yaml: YamlDocument.Parsed): Fault | undefined {
  const [error] = [...yaml.errors, ...yaml.warnings];
  if (error !== undefined) {
    const message = error.code === "NON_STRING_KEY" ? "a key must be a text" : error.message;
    return {
      offset: error.pos[0],
      message: `${message.charAt(0).toLowerCase()}${message.slice(1)}`,
    };
  }
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
    Node: (_, node) => {
      if (isAlias(node)) fault = faultOfAlias(node, yaml, ++aliases);
      else if (node.tag !== undefined && !TAGS.includes(node.tag)) {
        fault = { offset: start(node) ?? 0, message: `the tag ${node.tag} is not allowed` };
      } else if (isMap(node)) fault = faultOfKeys(node);
      return fault === undefined ? undefined : visit.BREAK;
    },
  });
  return fault;
}

function faultOfAlias(alias: Alias, yaml: YamlDocument, count: number): Fault | undefined {
  const offset = start(alias) ?? 0;
  if (count > MAX_ALIASES) {
    return { offset, message: `there are more than ${MAX_ALIASES} aliases in the document` };
  }
  return alias.resolve(yaml) === undefined
    ? { offset, message: `the alias *${alias.source} has no anchor before it` }
    : undefined;
}

function faultOfKeys(map: YAMLMap): Fault | undefined {
  const keys = new Set<string>();
  for (const { key } of map.items) {
    const name = isScalar(key) ? String(key.value) : "";
    if (keys.has(name)) {
      return { offset: start(key) ?? 0, message: `the key ${quote(name)} occurs twice` };
    }
    keys.add(name);
  }
  return undefined;
}

function document(
  { path: file, text }: SourceFile,
  yaml: YamlDocument.Parsed,
  lines: LineCounter,
  value: unknown,
): Document {
  return {
    file,
    value,
    position: (path) => place(lines, find(yaml, path).value),
    keyPosition: (path) => place(lines, find(yaml, path).key),
    positionWithin: (path, within) => {
      const found = find(yaml, path);
      const begin = place(lines, found.value);
      return placeInBlock(text, found.node, begin, within) ?? begin;
    },
  };
}

/**
 * Where a place in a literal block (`|`) stands in the file: its first line is the one after the sign,
 * and all are moved to the right as far.
 */
function placeInBlock(
  file: string,
  node: unknown,
  begin: TextPosition,
  { line, column }: TextPlace,
): TextPosition | undefined {
  if (!isScalar(node) || node.type !== "BLOCK_LITERAL") return undefined;
  const shown = file.split(/\r?\n/)[begin.line + line - 1];
  const meant = String(node.value).split("\n")[line - 1];
  if (shown === undefined || meant === undefined || !shown.endsWith(meant)) return undefined;
  return { line: begin.line + line, column: shown.length - meant.length + column };
}

function place(lines: LineCounter, offset: number): TextPosition {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}

/** Offsets of the key and the value at a path; of the nearest ones above it when there are none. */
function find(
  yaml: YamlDocument.Parsed,
  path: Path,
): { key: number; value: number; node: unknown } {
  let node: unknown = yaml.contents;
  let found = { key: start(node) ?? 0, value: start(node) ?? 0, node };
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(yaml);
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(({ key }) =>
        isScalar(key) && String(key.value) === step
      );
      if (pair === undefined) return found;
      node = pair.value;
      const key = start(pair.key) ?? found.value;
      found = { key, value: start(node) ?? key, node };
    } else if (isSeq(node) && typeof step === "number" && step < node.items.length) {
      node = node.items[step];
      const value = start(node) ?? found.value;
      found = { key: value, value, node };
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
