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
    const step = takeStep(take, offset === 0 || text.charAt(offset) === ".");
    if (step === undefined || steps.length === MAX_STEPS) return undefined;
    steps.push(step);
  }
  return steps.length === 0 ? undefined : { text, steps };
}

/** The next step, if there is one; a name without brackets only where one may stand. */
function takeStep(
  take: (expression: RegExp) => RegExpExecArray | undefined,
  mayBeName: boolean,
): Step | undefined {
  const name = mayBeName ? take(NAME) : undefined;
  if (name !== undefined) return { kind: "member", name: name[1] ?? "" };
  const quoted = take(QUOTED);
  if (quoted !== undefined) return { kind: "member", name: quoted[1] ?? quoted[2] ?? "" };
  const index = take(INDEX);
  if (index !== undefined) return { kind: "element", index: Number(index[1]) };
  return take(EVERY) === undefined ? undefined : { kind: "every" };
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
