import { FormatError } from "./format_error.ts";

/** A value of JSON. Objects have no prototype, so that no member name means anything but itself. */
export type JsonValue = null | boolean | number | string | JsonArray | JsonObject;
/** An array of JSON values. */
export type JsonArray = JsonValue[];
/** An object of JSON; every member once. */
export interface JsonObject {
  [name: string]: JsonValue;
}

/** A place in a text, both from 1. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

/** How much a text may have. */
export interface JsonLimits {
  /** Characters; 4 Mi when absent. */
  readonly maxLength?: number;
  /** Arrays and objects inside each other; 64 when absent. */
  readonly maxDepth?: number;
  /** Values in all; 100,000 when absent. */
  readonly maxValues?: number;
}

/** Text that is not JSON, and where. */
export class JsonError extends FormatError {
  readonly line: number;
  readonly column: number;

  constructor(problem: string, text: string, offset: number) {
    const { line, column } = positionOf(text, offset);
    super("JSON", `${problem} (line ${line}, column ${column})`);
    this.line = line;
    this.column = column;
  }
}

/** A JSON text that was read. */
export class JsonDocument {
  readonly value: JsonValue;
  readonly #text: string;
  #found: { readonly value: JsonValue; readonly places: ReadonlyMap<object, Places> } | undefined;

  /** Use {@link parseJson}. */
  constructor(value: JsonValue, text: string) {
    this.value = value;
    this.#text = text;
  }

  /** Where the value at a path stands; where the nearest one above it does when there is none. */
  position(path: readonly (string | number)[]): TextPosition {
    return positionOf(this.#text, this.#offset(path, "value"));
  }

  /** Where the name of the member at a path stands; for an element of an array, its value. */
  keyPosition(path: readonly (string | number)[]): TextPosition {
    return positionOf(this.#text, this.#offset(path, "key"));
  }

  /** Places are for the few texts that have a mistake, so they are found when first asked for. */
  #locate(): { readonly value: JsonValue; readonly places: ReadonlyMap<object, Places> } {
    return this.#found ??= new Reader(this.#text, UNLIMITED, new Map()).locate();
  }

  #offset(path: readonly (string | number)[], what: "key" | "value"): number {
    const { places: all, value: root } = this.#locate();
    let value = root;
    let offset = this.#text.search(/[^ \t\r\n]/);
    for (const [index, step] of path.entries()) {
      if (typeof value !== "object" || value === null) return offset;
      const places: Place | undefined = all.get(value)?.get(String(step));
      if (places === undefined) return offset;
      offset = index === path.length - 1 ? places[what] : places.value;
      value = (value as JsonObject)[step] ?? null;
    }
    return offset;
  }
}

interface Place {
  readonly key: number;
  readonly value: number;
}

type Places = Map<string, Place>;

/**
 * Reads JSON (RFC 8259) strictly: every member once at every level, nothing after the value, no
 * byte order mark, no lone surrogates, no numbers that become infinite.
 *
 * @throws {JsonError}
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseJson } from "./mod.ts";
 *
 * const document = parseJson('{"a":\n  [1, 2]}');
 * assert.deepEqual(document.position(["a", 1]), { line: 2, column: 7 });
 * assert.throws(() => parseJson('{"a": 1, "a": 2}'), /the member "a" occurs twice/);
 * ```
 */
export function parseJson(text: string, limits: JsonLimits = {}): JsonDocument {
  return new Reader(text, limits, undefined).read();
}

/** For a text that was within its limits already. */
const UNLIMITED: JsonLimits = { maxLength: Infinity, maxDepth: Infinity, maxValues: Infinity };

const LITERALS: readonly (readonly [string, JsonValue])[] = [["true", true], ["false", false], [
  "null",
  null,
]];
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

class Reader {
  readonly #text: string;
  readonly #maxDepth: number;
  readonly #places: Map<object, Places> | undefined;
  #values: number;
  #offset = 0;

  /** @param places where to note places; none are noted when absent. */
  constructor(text: string, limits: JsonLimits, places: Map<object, Places> | undefined) {
    this.#text = text;
    this.#places = places;
    this.#maxDepth = limits.maxDepth ?? 64;
    this.#values = limits.maxValues ?? 100_000;
    if (text.length > (limits.maxLength ?? 4 * 1024 * 1024)) {
      throw this.#error("the text is too long");
    }
  }

  read(): JsonDocument {
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#offset < this.#text.length) throw this.#error("there is text after the value");
    return new JsonDocument(value, this.#text);
  }

  /** Reads a text that was read before, for the places. */
  locate(): { readonly value: JsonValue; readonly places: ReadonlyMap<object, Places> } {
    return { value: this.#value(0), places: this.#places ?? new Map() };
  }

  #note(value: object): Places | undefined {
    const places: Places | undefined = this.#places === undefined ? undefined : new Map();
    if (places !== undefined) this.#places?.set(value, places);
    return places;
  }

  #value(depth: number): JsonValue {
    if (this.#values-- <= 0) throw this.#error("there are too many values");
    this.#skipSpace();
    switch (this.#text.charAt(this.#offset)) {
      case "{":
        return this.#object(this.#deeper(depth));
      case "[":
        return this.#array(this.#deeper(depth));
      case '"':
        return this.#string();
      default:
        return this.#scalar();
    }
  }

  /** Counts an array or object that is about to be entered. */
  #deeper(depth: number): number {
    if (depth === this.#maxDepth) {
      throw this.#error(`arrays and objects are nested more than ${this.#maxDepth} deep`);
    }
    return depth + 1;
  }

  #object(depth: number): JsonObject {
    const object: JsonObject = Object.create(null);
    const places = this.#note(object);
    this.#offset++;
    if (this.#takeAfterSpace("}")) return object;
    do {
      this.#skipSpace();
      const key = this.#offset;
      if (this.#text.charAt(key) !== '"') throw this.#error("a member name in quotes is missing");
      const name = this.#string();
      if (name in object) {
        this.#offset = key;
        throw this.#error(`the member ${JSON.stringify(name.slice(0, 100))} occurs twice`);
      }
      if (!this.#takeAfterSpace(":")) throw this.#error("a colon is missing");
      this.#skipSpace();
      places?.set(name, { key, value: this.#offset });
      object[name] = this.#value(depth);
    } while (this.#takeAfterSpace(","));
    if (!this.#takeAfterSpace("}")) throw this.#error("a comma or } is missing");
    return object;
  }

  #array(depth: number): JsonArray {
    const array: JsonArray = [];
    const places = this.#note(array);
    this.#offset++;
    if (this.#takeAfterSpace("]")) return array;
    do {
      this.#skipSpace();
      places?.set(String(array.length), { key: this.#offset, value: this.#offset });
      array.push(this.#value(depth));
    } while (this.#takeAfterSpace(","));
    if (!this.#takeAfterSpace("]")) throw this.#error("a comma or ] is missing");
    return array;
  }

  #string(): string {
    let result = "";
    let from = ++this.#offset;
    for (;; this.#offset++) {
      const code = this.#text.charCodeAt(this.#offset);
      if (Number.isNaN(code)) throw this.#error("a string has no end");
      if (code === 0x22) break;
      if (code < 0x20) throw this.#error("a string has a control character");
      if (code === 0x5c) {
        result += this.#text.slice(from, this.#offset) + this.#escape();
        from = this.#offset + 1;
      }
    }
    result += this.#text.slice(from, this.#offset++);
    if (!result.isWellFormed()) throw this.#error("a string has half of a surrogate pair");
    return result;
  }

  /** Reads an escape; the offset stays on its last character. */
  #escape(): string {
    const letter = this.#text.charAt(++this.#offset);
    if (letter !== "u") {
      const character = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
      if (character === undefined) throw this.#error("a string has an escape that there is not");
      return character;
    }
    const digits = this.#text.slice(this.#offset + 1, this.#offset + 5);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.#error("\\u needs four hexadecimal digits");
    this.#offset += 4;
    return String.fromCharCode(parseInt(digits, 16));
  }

  #scalar(): JsonValue {
    for (const [word, value] of LITERALS) {
      if (this.#text.startsWith(word, this.#offset)) {
        this.#offset += word.length;
        return value;
      }
    }
    NUMBER.lastIndex = this.#offset;
    const digits = NUMBER.exec(this.#text)?.[0];
    if (digits === undefined) {
      throw this.#error(
        this.#offset < this.#text.length ? "a value is missing" : "the text ends too early",
      );
    }
    const number = Number(digits);
    if (!Number.isFinite(number)) throw this.#error("a number is too large");
    this.#offset += digits.length;
    return number;
  }

  #takeAfterSpace(character: string): boolean {
    this.#skipSpace();
    if (this.#text.charAt(this.#offset) !== character) return false;
    this.#offset++;
    return true;
  }

  #skipSpace(): void {
    for (;; this.#offset++) {
      const code = this.#text.charCodeAt(this.#offset);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
    }
  }

  #error(problem: string): JsonError {
    return new JsonError(problem, this.#text, this.#offset);
  }
}

function positionOf(text: string, offset: number): TextPosition {
  const before = text.slice(0, Math.max(0, offset));
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}
