/**
 * SPDX license expressions (SPDX 2.3, annex D):
 *
 *     expression := and-term ("OR" and-term)*
 *     and-term   := term ("AND" term)*
 *     term       := "(" expression ")" | license ["+"] ["WITH" exception]
 *
 * Operators are upper or lower case; licenses are compared without regard to case.
 */

/** An expression as read. */
export type LicenseExpression =
  | { readonly kind: "license"; readonly id: string; readonly exception: string | undefined }
  | { readonly kind: "and" | "or"; readonly parts: readonly LicenseExpression[] };

/** An expression has no more tokens, and parentheses are no deeper. */
const MAX_TOKENS = 2000;
const MAX_DEPTH = 50;

const ID = /^(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9.-]+\+?$/;
/** GNU licenses have an older name without a suffix, which means that version only. */
const GNU = /^(?:agpl|gfdl|gpl|lgpl)-[0-9.]+$/;

/** Reads an expression; undefined when the text is none. */
export function parseLicenseExpression(text: string): LicenseExpression | undefined {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  if (tokens.length > MAX_TOKENS) return undefined;
  const reader = new Reader(tokens);
  const expression = reader.either(0);
  return reader.atEnd ? expression : undefined;
}

/**
 * Whether using what has this license needs one of the listed licenses: every choice that `OR` leaves
 * has one. A listed license counts with any exception, one that is listed with an exception only so.
 *
 * @returns the listed licenses that are in the way; none when there is a choice without.
 */
export function licensesInTheWay(
  expression: LicenseExpression,
  listed: ReadonlyMap<string, string>,
): string[] {
  switch (expression.kind) {
    case "license": {
      const { id, exception } = expression;
      const names = exception === undefined ? [id] : [id, `${id} with ${exception}`];
      return names.map((name) => listed.get(name)).filter((name) => name !== undefined);
    }
    case "and":
      return unique(expression.parts.flatMap((part) => licensesInTheWay(part, listed)));
    case "or": {
      const parts = expression.parts.map((part) => licensesInTheWay(part, listed));
      return parts.some((part) => part.length === 0) ? [] : unique(parts.flat());
    }
  }
}

/** The form in which a listed license, with or without an exception, is looked up. */
export function licenseKey(text: string): string {
  const [id = "", word, exception, ...rest] = text.trim().split(/\s+/);
  const isException = word?.toLowerCase() === "with" && exception !== undefined;
  return isException && rest.length === 0
    ? `${normalise(id)} with ${exception.toLowerCase()}`
    : normalise(text.trim());
}

/** `GPL-2.0` is `GPL-2.0-only`; `GPL-2.0+` and `X+` are `-or-later`. */
function normalise(id: string): string {
  const lower = id.toLowerCase();
  if (lower.endsWith("+")) return `${lower.slice(0, -1)}-or-later`;
  return GNU.test(lower) ? `${lower}-only` : lower;
}

function unique(list: readonly string[]): string[] {
  return [...new Set(list)];
}

class Reader {
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get atEnd(): boolean {
    return this.#next === this.#tokens.length;
  }

  either(depth: number): LicenseExpression | undefined {
    return this.#joined("or", () => this.#joined("and", () => this.#term(depth)));
  }

  #joined(
    kind: "and" | "or",
    read: () => LicenseExpression | undefined,
  ): LicenseExpression | undefined {
    const parts: LicenseExpression[] = [];
    do {
      const part = read();
      if (part === undefined) return undefined;
      parts.push(part);
    } while (this.#takes(kind));
    return parts.length === 1 ? parts[0] : { kind, parts };
  }

  #term(depth: number): LicenseExpression | undefined {
    if (this.#takes("(")) {
      const inner = depth < MAX_DEPTH ? this.either(depth + 1) : undefined;
      return inner !== undefined && this.#takes(")") ? inner : undefined;
    }
    const id = this.#id();
    if (id === undefined) return undefined;
    const exception = this.#takes("with") ? this.#id() : "";
    if (exception === undefined) return undefined;
    return {
      kind: "license",
      id: normalise(id),
      exception: exception === "" ? undefined : exception.toLowerCase(),
    };
  }

  #id(): string | undefined {
    const token = this.#tokens[this.#next] ?? "";
    if (!ID.test(token) || /^(?:and|or|with)$/i.test(token)) return undefined;
    this.#next++;
    return token;
  }

  #takes(word: string): boolean {
    const token = this.#tokens[this.#next];
    if (token === undefined || token.toLowerCase() !== word) return false;
    this.#next++;
    return true;
  }
}
