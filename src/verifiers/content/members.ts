import type { JsonObject, JsonValue } from "../../crypto/mod.ts";
import { type FailureReason, VerificationFailure } from "../../errors.ts";
import { isObject } from "./document.ts";

/**
 * Reads members of a document. Absent ones are undefined, as is `null`; those of another kind are
 * refused: whoever else reads the document might see something there.
 */
export class Members {
  readonly #object: JsonObject;
  readonly #where: string;
  readonly #reason: FailureReason;

  /** @param where what the object is, for messages. */
  constructor(object: JsonObject, where: string, reason: FailureReason) {
    this.#object = object;
    this.#where = where;
    this.#reason = reason;
  }

  /** @throws {VerificationFailure} when it is there and no text. */
  text(name: string): string | undefined {
    const value = this.#value(name);
    if (value === undefined || typeof value === "string") return value;
    throw this.#refusal(name, "a text");
  }

  /** @throws {VerificationFailure} when it is there and no object. */
  object(name: string): Members | undefined {
    const value = this.#value(name);
    if (value === undefined) return undefined;
    if (isObject(value)) return this.#at(value, name);
    throw this.#refusal(name, "an object");
  }

  /** The objects of a list; none when it is absent. @throws {VerificationFailure} when it is another thing. */
  objects(name: string): Members[] {
    return this.#list(name, "objects", (entry, index) => {
      return isObject(entry) ? this.#at(entry, `${name}[${index}]`) : undefined;
    });
  }

  /** The texts of a list; none when it is absent. @throws {VerificationFailure} when it is another thing. */
  texts(name: string): string[] {
    return this.#list(name, "texts", (entry) => typeof entry === "string" ? entry : undefined);
  }

  /** Whether the member is there. */
  has(name: string): boolean {
    return this.#value(name) !== undefined;
  }

  /** Whether the member is a list. */
  isList(name: string): boolean {
    return Array.isArray(this.#value(name));
  }

  /** Adds the name of a member to what the object is called. */
  #at(object: JsonObject, name: string): Members {
    const where = this.#where === "" ? name : `${this.#where}.${name}`;
    return new Members(object, where, this.#reason);
  }

  #list<T>(
    name: string,
    kind: string,
    read: (entry: JsonValue, index: number) => T | undefined,
  ): T[] {
    const value = this.#value(name);
    if (value === undefined) return [];
    if (!Array.isArray(value)) throw this.#refusal(name, `a list of ${kind}`);
    return value.map((entry, index) => {
      const found = read(entry, index);
      if (found === undefined) throw this.#refusal(name, `a list of ${kind}`);
      return found;
    });
  }

  #value(name: string): JsonValue | undefined {
    return this.#object[name] ?? undefined;
  }

  #refusal(name: string, kind: string): VerificationFailure {
    const where = this.#where === "" ? name : `${this.#where}.${name}`;
    return new VerificationFailure({
      reason: this.#reason,
      message: `The document cannot be read: ${where} must be ${kind}`,
    });
  }
}
