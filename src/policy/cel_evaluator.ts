import type { RE2JS } from "re2js";

/** What an expression may use. */
export interface CelSurroundings {
  /** Name, class and fields of types. A type may name itself, and those before it. */
  readonly types: readonly (readonly [
    name: string,
    constructor: new () => object,
    fields: Readonly<Record<string, string>>,
  ])[];
  /** The types of variables by their names. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Something wrong, and at which character of the expression, from 0. */
export interface CelFault {
  readonly message: string;
  readonly offset: number;
  /** Whether it was stopped, for it took too many steps. */
  readonly wasStopped: boolean;
}

/** An expression that is right by its types. */
export interface CelEvaluator {
  readonly type: string;
  /** Nothing is thrown. */
  evaluate(
    variables: Readonly<Record<string, unknown>>,
  ): { readonly value: unknown } | { readonly problem: CelFault };
}

/**
 * How many steps an evaluation may take: one for each part of the expression that is evaluated, and one
 * for each character or element of what comes of it. This many take about a tenth of a second.
 */
const MAX_STEPS = 2_000_000;
const LIMITS = { maxAstNodes: 5000, maxDepth: 64 };

/** The part of the library's evaluator that all evaluation goes through. */
interface Runner {
  run(node: Node, context: unknown): unknown;
}

/** A part of an expression. */
interface Node {
  readonly op: string;
  readonly args: unknown;
  evaluate(runner: Runner, node: Node, context: unknown): unknown;
}

/** An expression, parsed. */
interface Program {
  (variables?: Record<string, unknown>): unknown;
  check(): { readonly valid: boolean; readonly type?: string; readonly error?: unknown };
  readonly ast: Node;
}

const TOO_MANY_STEPS = "it takes more steps than a policy may";

/**
 * Makes an expression ready. The library bounds the length and depth of expressions, not the work that
 * they are; so each part is counted when it is evaluated, with the size of what comes of it. Regular
 * expressions are matched by RE2, as the language says, whose time is proportional to the text.
 */
export async function createCelEvaluator(
  expression: string,
  { types, variables }: CelSurroundings,
): Promise<CelEvaluator | { readonly problem: CelFault }> {
  const [{ Environment }, { RE2JS }] = await Promise.all([
    import("@marcbachmann/cel-js"),
    import("re2js"),
  ]);
  const environment = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS });
  for (const [name, ctor, fields] of types) environment.registerType(name, { ctor, fields });
  for (const [name, type] of Object.entries(variables)) environment.registerVariable(name, type);
  try {
    const steps = meter(environment.parse("true") as unknown as Program, RE2JS);
    const program = environment.parse(expression) as unknown as Program;
    // The outermost part is the only one that is evaluated without being counted.
    program.ast.evaluate = (runner, node, context) => runner.run(node, context);
    const checked = program.check();
    if (!checked.valid) return { problem: faultOf(checked.error) };
    return {
      type: checked.type ?? "dyn",
      evaluate: (given) => {
        steps.left = MAX_STEPS;
        try {
          const value = program({ ...given });
          // Some parts of the language go on after an error, such as the other side of `||`.
          return steps.left < 0 ? { problem: faultOf(new Error(TOO_MANY_STEPS)) } : { value };
        } catch (error) {
          return { problem: faultOf(error) };
        }
      },
    };
  } catch (error) {
    return { problem: faultOf(error) };
  }
}

/**
 * Puts a counter where the evaluator of an environment evaluates any part of an expression.
 *
 * @param probe an expression of the environment.
 * @throws when the library does not work as it did: an evaluation without bounds must not begin.
 */
function meter(
  probe: Program,
  expressions: typeof RE2JS,
): { left: number } {
  const steps = { left: MAX_STEPS };
  const charge = (count: number): void => {
    steps.left -= count;
    if (steps.left < 0) throw new Error(TOO_MANY_STEPS);
  };
  let runner: Runner | undefined;
  probe.ast.evaluate = (given) => {
    runner = given;
    return true;
  };
  probe();
  if (typeof runner?.run !== "function") throw new Error("the evaluator of CEL cannot be metered");
  runner.run = function (node, context): unknown {
    charge(1);
    const value = isMatch(node)
      ? matches(this, node, context, charge, expressions)
      : Object.getPrototypeOf(node).evaluate.call(node, this, node, context);
    charge(sizeOf(value));
    return value;
  };
  return steps;
}

interface Match extends Node {
  readonly args: readonly [name: "matches", receiver: Node, arguments: readonly [Node]];
}

function isMatch(node: Node): node is Match {
  return node.op === "rcall" && Array.isArray(node.args) && node.args[0] === "matches";
}

function matches(
  runner: Runner,
  { args: [, receiver, [pattern]] }: Match,
  context: unknown,
  charge: (count: number) => void,
  expressions: typeof RE2JS,
): boolean {
  const text = String(runner.run(receiver, context));
  const expression = String(runner.run(pattern, context));
  charge(expression.length * text.length);
  return expressions.compile(expression).matcher(text).find();
}

function sizeOf(value: unknown): number {
  return typeof value === "string" || Array.isArray(value) ? value.length : 0;
}

/** What the library says, or what went wrong in it. */
function faultOf(error: unknown): CelFault {
  const { summary, message, range } = Object(error) as {
    readonly summary?: unknown;
    readonly message?: unknown;
    readonly range?: { readonly start?: unknown };
  };
  const text = String(summary ?? message ?? error).replaceAll(/\s+/g, " ");
  const start = range?.start;
  const offset = typeof start === "number" ? start : 0;
  return { message: text, offset, wasStopped: text === TOO_MANY_STEPS };
}
