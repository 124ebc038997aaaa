import { decodeBase64 } from "./base64.ts";
import type { Bytes } from "./bytes.ts";
import { FormatError } from "./format_error.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** The most elements of a list. */
const MAX_ELEMENTS = 10_000;

/**
 * A message in the JSON form of Protocol Buffers, read field by field. A field may be written in
 * lowerCamelCase or as in the definition (snake_case), but not twice; an absent field and `null`
 * mean its default. A field that the definition does not have is refused: what a reader does not
 * know it cannot have checked.
 *
 * @example
 * ```ts
 * import assert from "node:assert/strict";
 * import { parseJson, ProtoMessage } from "./mod.ts";
 *
 * const { value } = parseJson('{"logIndex": "12", "log_id": {"keyId": "AAE="}}');
 * const entry = new ProtoMessage(value, "entry", ["logIndex", "logId"]);
 * assert.equal(entry.integer("logIndex"), 12);
 * assert.deepEqual(entry.message("logId", ["keyId"])?.bytes("keyId"), new Uint8Array([0, 1]));
 * ```
 */
export class ProtoMessage {
  readonly #fields: ReadonlyMap<string, JsonValue>;
  readonly #path: string;

  /**
   * @param path where the message is, for messages.
   * @param fields all fields of the definition, in lowerCamelCase.
   * @throws {FormatError}
   */
  constructor(value: JsonValue, path: string, fields: readonly string[]) {
    this.#path = path;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FormatError("protobuf JSON", `${path || "the message"} is not an object`);
    }
    this.#fields = readFields(value, path, fields);
  }

  /** Whether the field is there. */
  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** A field that is a message; undefined when absent. @throws {FormatError} */
  message(name: string, fields: readonly string[]): ProtoMessage | undefined {
    const value = this.#fields.get(name);
    return value === undefined ? undefined : new ProtoMessage(value, this.#at(name), fields);
  }

  /** A field that is a list of messages; empty when absent. @throws {FormatError} */
  messages(name: string, fields: readonly string[]): ProtoMessage[] {
    return this.#list(name).map((value, index) =>
      new ProtoMessage(value, `${this.#at(name)}[${index}]`, fields)
    );
  }

  /** A text, also for the name of an enumeration's value; empty when absent. @throws {FormatError} */
  text(name: string): string {
    const value = this.#fields.get(name) ?? "";
    if (typeof value !== "string") throw this.#wrong(name, "is not a text");
    return value;
  }

  /** Bytes in base64 with padding; empty when absent. @throws {FormatError} */
  bytes(name: string): Bytes {
    return this.#decode(this.#at(name), this.text(name));
  }

  /** A list of bytes in base64; empty when absent. @throws {FormatError} */
  byteLists(name: string): Bytes[] {
    return this.#list(name).map((value, index) => {
      const at = `${this.#at(name)}[${index}]`;
      if (typeof value !== "string") throw new FormatError("protobuf JSON", `${at} is not a text`);
      return this.#decode(at, value);
    });
  }

  /**
   * An integer from 0 to 2⁵³-1, as a number or as decimal digits in a text; 0 when absent.
   *
   * @throws {FormatError}
   */
  integer(name: string): number {
    const value = this.#fields.get(name) ?? 0;
    const digits = typeof value === "string" && /^(?:0|[1-9][0-9]{0,15})$/.test(value);
    const number = digits ? Number(value) : value;
    if (typeof number !== "number" || !Number.isSafeInteger(number) || number < 0) {
      throw this.#wrong(name, "is not an integer from 0 to 2^53-1");
    }
    return number;
  }

  #list(name: string): JsonValue[] {
    const value = this.#fields.get(name) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(name, "is not a list");
    if (value.length > MAX_ELEMENTS) throw this.#wrong(name, "has too many elements");
    return value;
  }

  #decode(at: string, text: string): Bytes {
    try {
      return decodeBase64(text);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      throw new FormatError("protobuf JSON", `${at} is not base64`);
    }
  }

  #at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  #wrong(name: string, problem: string): FormatError {
    return new FormatError("protobuf JSON", `${this.#at(name)} ${problem}`);
  }
}

function readFields(
  object: JsonObject,
  path: string,
  fields: readonly string[],
): Map<string, JsonValue> {
  const spellings = new Map(fields.flatMap((name) => [[name, name], [snakeCase(name), name]]));
  const found = new Map<string, JsonValue>();
  const seen = new Set<string>();
  for (const [member, value] of Object.entries(object)) {
    const name = spellings.get(member);
    const quoted = JSON.stringify(member.slice(0, 100));
    const where = path === "" ? "the message" : path;
    if (name === undefined) {
      throw new FormatError("protobuf JSON", `${where} has the unknown field ${quoted}`);
    }
    if (seen.has(name)) {
      throw new FormatError("protobuf JSON", `${where} has the field ${quoted} in two spellings`);
    }
    seen.add(name);
    if (value !== null) found.set(name, value);
  }
  return found;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
