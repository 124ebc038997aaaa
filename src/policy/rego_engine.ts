/** The interpreter of Rego, a WebAssembly module that imports nothing; see `rego/`. */

/**
 * How many steps an evaluation may take: turns of loops and calls of functions inside the interpreter. An
 * ordinary policy takes about ten thousand; this many take about a tenth of a second.
 */
export const MAX_STEPS = 20_000_000n;
const MAX_LOAD_STEPS = 100_000_000n;
/** An instance that has grown beyond this is not used again; memory is never given back otherwise. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

const RULE = "data.ratify.policy.valid";

/** A place in the text of a module, both from 1. */
export interface RegoPlace {
  readonly line: number;
  readonly column: number;
}

/** What is wrong with a module, and where. */
export interface RegoProblem {
  readonly message: string;
  readonly place: RegoPlace | undefined;
}

/** The value of `data.ratify.policy.valid`. */
export type RegoValue =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "undefined" }
  | {
    readonly kind: "failed";
    readonly problem: RegoProblem;
    /** Whether it was stopped, for it took too many steps, too much memory, or went too deep. */
    readonly wasStopped: boolean;
  };

interface Exports {
  readonly memory: WebAssembly.Memory;
  readonly fuel: { value: bigint };
  alloc(length: number): number;
  load(source: number, length: number, v0: number): number;
  eval(rule: number, ruleLength: number, input: number, inputLength: number): number;
  output_pointer(): number;
  output_length(): number;
}

const DONE = 0;
const UNDEFINED = 1;

/** One module of Rego, loaded. It works alone, and in memory that no other module sees. */
export class RegoEngine {
  readonly #wasm: WebAssembly.Module;
  readonly #source: string;
  readonly #v0: boolean;
  #exports: Exports | undefined;

  /**
   * @param wasm the interpreter.
   * @param v0 whether the source is in the syntax of before version 1.
   */
  constructor(wasm: WebAssembly.Module, source: string, v0: boolean) {
    this.#wasm = wasm;
    this.#source = source;
    this.#v0 = v0;
  }

  /** What is wrong with the module, as far as that shows without evaluating it. */
  load(): readonly RegoProblem[] {
    const loaded = this.#run(MAX_LOAD_STEPS, (exports) => {
      const status = exports.load(...put(exports, this.#source), this.#v0 ? 1 : 0);
      return { status, output: output(exports) };
    }, instantiate(this.#wasm));
    if (loaded === undefined) {
      const message = "it is too long, too deep, or takes too many steps to read";
      return [{ message, place: undefined }];
    }
    if (loaded.status !== DONE) return [readProblem(loaded.output)];
    const calls = JSON.parse(loaded.output) as readonly (RegoPlace & { readonly name: string })[];
    return calls.map(({ name, line, column }) => ({
      message: `there is no function ${name}`,
      place: { line, column },
    }));
  }

  /** Evaluates `data.ratify.policy.valid` over an input. Nothing is thrown. */
  evaluate(input: unknown): RegoValue {
    if (this.#exports === undefined && this.load().length > 0) {
      return failed("the policy could not be loaded again");
    }
    const exports = this.#exports;
    const text = JSON.stringify(input);
    const found = exports === undefined ? undefined : this.#run(MAX_STEPS, (exports) => {
      const status = exports.eval(...put(exports, RULE), ...put(exports, text));
      return { status, output: status === UNDEFINED ? "" : output(exports) };
    }, exports);
    if (found === undefined) return failed("it takes more steps or memory than a policy may");
    if (found.status === UNDEFINED) return { kind: "undefined" };
    if (found.status === DONE) return { kind: "value", value: JSON.parse(found.output) };
    return { kind: "failed", problem: readProblem(found.output), wasStopped: false };
  }

  /** Works with an instance; undefined, and the instance is gone, when it had to be stopped. */
  #run<T>(steps: bigint, work: (exports: Exports) => T, exports: Exports): T | undefined {
    this.#exports = undefined;
    exports.fuel.value = steps;
    try {
      const result = work(exports);
      if (exports.memory.buffer.byteLength <= MAX_KEPT_BYTES) this.#exports = exports;
      return result;
    } catch (error) {
      // Out of steps or memory, or too deep: a trap, or the end of the stack.
      if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) {
        return undefined;
      }
      throw error;
    }
  }
}

function instantiate(wasm: WebAssembly.Module): Exports {
  return new WebAssembly.Instance(wasm).exports as unknown as Exports;
}

function put(exports: Exports, text: string): [pointer: number, length: number] {
  const bytes = new TextEncoder().encode(text);
  const pointer = exports.alloc(bytes.length);
  new Uint8Array(exports.memory.buffer, pointer, bytes.length).set(bytes);
  return [pointer, bytes.length];
}

function output(exports: Exports): string {
  const { memory } = exports;
  const bytes = new Uint8Array(memory.buffer, exports.output_pointer(), exports.output_length());
  return new TextDecoder().decode(bytes);
}

function failed(message: string): RegoValue {
  return { kind: "failed", problem: { message, place: undefined }, wasStopped: true };
}

/** Reads `--> policy.rego:LINE:COLUMN`, the line itself, a caret, `error: TEXT`. */
function readProblem(text: string): RegoProblem {
  const [, line, column] = /--> policy\.rego:(\d+):(\d+)/.exec(text) ?? [];
  const message = (/^error: ([\s\S]*)/m.exec(text)?.[1] ?? text).trim().replaceAll(/\s+/g, " ");
  const place = line === undefined ? undefined : { line: Number(line), column: Number(column) };
  return { message, place };
}
