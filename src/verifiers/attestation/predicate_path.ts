import type { JsonValue } from "../../crypto/mod.ts";

/** The most characters and steps of a path, and the most values that it may lead to. */
const MAX_LENGTH = 500;
const MAX_STEPS = 32;
const MAX_VALUES = 10_000;

/** A member by its name, an element by its position, or every element. */
type Step =
  | { readonly kind: "member"; readonly name: string }
  | { readonly kind: "element"; readonly index: number }
  | { readonly kind: "every" };

/** A way into a predicate. */
export interface PredicatePath {
  /** As it was written. */
  readonly text: string;
  readonly steps: readonly Step[];
}

const NAME = /\.?([A-Za-z_][A-Za-z0-9_-]*)/y;
const QUOTED = /\[(?:'([^'\\\]]*)'|"([^"\\\]]*)")\]/y;
const INDEX = /\[(0|[1-9][0-9]{0,5})\]/y;
const EVERY = /\[\*\]/y;

/**
 * Reads a small JSON path: `$` for the predicate, then `.name`, `['any name']`, `[0]` for one element
 * of a list, `[*]` for every element. The `$.` at the beginning may be left out.
 *
 * @returns undefined when it is none.
 */
export function parsePath(text: string): PredicatePath | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  const steps: Step[] = [];
  let offset = text.startsWith("$") ? 1 : 0;
  const take = (expression: RegExp): RegExpExecArray | undefined => {
    expression.lastIndex = offset;
    const match = expression.exec(text) ?? undefined;
    if (match !== undefined) offset += match[0].length;
    return match;
  };
  while (offset < text.length) {
    const begins = offset === 0;
    const quoted = take(QUOTED);
    const index = quoted === undefined ? take(INDEX) : undefined;
    const name = begins || text.charAt(offset) === "." ? take(NAME) : undefined;
    if (quoted !== undefined) steps.push({ kind: "member", name: quoted[1] ?? quoted[2] ?? "" });
    else if (index !== undefined) steps.push({ kind: "element", index: Number(index[1]) });
    else if (name !== undefined) steps.push({ kind: "member", name: name[1] ?? "" });
    else if (take(EVERY) !== undefined) steps.push({ kind: "every" });
    else return undefined;
    if (steps.length > MAX_STEPS) return undefined;
  }
  return steps.length === 0 ? undefined : { text, steps };
}

/** The values that a path leads to; none when there is nothing there. */
export function valuesAt(value: JsonValue, path: PredicatePath): JsonValue[] {
  let values = [value];
  for (const step of path.steps) {
    values = values.flatMap((each) => take(each, step));
    if (values.length > MAX_VALUES) return [];
  }
  return values;
}

function take(value: JsonValue, step: Step): JsonValue[] {
  switch (step.kind) {
    case "every":
      return Array.isArray(value) ? value : [];
    case "element": {
      const found = Array.isArray(value) ? value[step.index] : undefined;
      return found === undefined ? [] : [found];
    }
    case "member": {
      const found = isObject(value) ? value[step.name] : undefined;
      return found === undefined ? [] : [found];
    }
  }
}

function isObject(value: JsonValue): value is { [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
