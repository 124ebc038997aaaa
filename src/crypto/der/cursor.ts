import { FormatError } from "../format_error.ts";
import { type DerNode, readChildren } from "./reader.ts";

/** Walks over the parts of a SEQUENCE or SET in order, each asked for by its tag. */
export class DerCursor {
  readonly #nodes: readonly DerNode[];
  readonly #what: string;
  #next = 0;

  /** @param what the structure, for messages. */
  constructor(node: DerNode, what: string) {
    this.#nodes = readChildren(node);
    this.#what = what;
  }

  /** The next part, which must have a universal tag. @throws {FormatError} */
  take(tag: number, name: string): DerNode {
    const node = this.takeIf(tag);
    if (node === undefined) {
      throw new FormatError("DER", `${this.#what} has no ${name} where one belongs`);
    }
    return node;
  }

  /** The next part if it has this universal tag. */
  takeIf(tag: number): DerNode | undefined {
    return this.#takeWhen((node) => node.tagClass === "universal" && node.tag === tag);
  }

  /** The next part if it has this context-specific tag. */
  takeContext(tag: number): DerNode | undefined {
    return this.#takeWhen((node) => node.tagClass === "context" && node.tag === tag);
  }

  /** The next part, whatever it is; undefined at the end. */
  takeAny(): DerNode | undefined {
    return this.#takeWhen(() => true);
  }

  /** @throws {FormatError} when there are parts left. */
  end(): void {
    if (this.#next < this.#nodes.length) {
      throw new FormatError("DER", `${this.#what} has parts too many`);
    }
  }

  #takeWhen(fits: (node: DerNode) => boolean): DerNode | undefined {
    const node = this.#nodes[this.#next];
    if (node === undefined || !fits(node)) return undefined;
    this.#next++;
    return node;
  }
}

/** Checks that an element is a universal one with this tag. @throws {FormatError} */
export function expectTag(node: DerNode, tag: number, what: string): DerNode {
  if (node.tagClass !== "universal" || node.tag !== tag) {
    throw new FormatError("DER", `${what} is of another type than it must be`);
  }
  return node;
}
