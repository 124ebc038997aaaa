import { decodeBase64, encodeBase64 } from "./base64.ts";
import type { Bytes } from "./bytes.ts";
import { FormatError } from "./format_error.ts";

/** A block between BEGIN and END lines. */
export interface PemBlock {
  /** What the lines name: `CERTIFICATE`, `PUBLIC KEY`, … */
  readonly label: string;
  readonly bytes: Bytes;
  /** The line of BEGIN, from 1. */
  readonly line: number;
}

const BEGIN = /^-----BEGIN ([A-Z0-9 ]{1,64})-----$/;
const END = /^-----END ([A-Z0-9 ]{1,64})-----$/;
const MAX_CHARACTERS = 4 * 1024 * 1024;
const MAX_BLOCKS = 1000;

/**
 * Reads PEM text (RFC 7468). White space is tolerated wherever people and templates put it: around
 * lines, between blocks, at the end. Text between blocks is ignored, unless it is a damaged BEGIN or
 * END line: a block must not vanish silently. Inside a block only base64 is allowed, in its one
 * canonical form.
 *
 * @returns the blocks in order; none when the text has none.
 * @throws {FormatError} with the line in the message.
 */
export function decodePem(text: string): PemBlock[] {
  if (text.length > MAX_CHARACTERS) throw new FormatError("PEM", "the text is too long");
  const blocks: PemBlock[] = [];
  let open: { label: string; line: number; base64: string[] } | undefined;
  for (const [index, untrimmed] of text.split("\n").entries()) {
    const content = untrimmed.trim();
    const number = index + 1;
    const begin = BEGIN.exec(content)?.[1];
    const end = END.exec(content)?.[1];
    if (begin !== undefined) {
      if (open !== undefined) throw problem("a block begins inside another", number);
      if (blocks.length === MAX_BLOCKS) throw problem("there are too many blocks", number);
      open = { label: begin, line: number, base64: [] };
    } else if (end !== undefined) {
      if (open?.label !== end) throw problem(`END ${end} has no BEGIN`, number);
      blocks.push({
        label: open.label,
        bytes: decodeBody(open.base64, open.line),
        line: open.line,
      });
      open = undefined;
    } else if (open !== undefined) {
      if (content.includes(":")) {
        throw problem("a block has headers, which no certificate or key needs", number);
      }
      open.base64.push(content);
    } else if (content.includes("-----BEGIN ") || content.includes("-----END ")) {
      throw problem("a BEGIN or END line has more or less on it than belongs there", number);
    }
  }
  if (open !== undefined) throw problem(`BEGIN ${open.label} has no END`, open.line);
  return blocks;
}

/** Writes one block, 64 characters a line. */
export function encodePem(label: string, bytes: Bytes): string {
  const lines = encodeBase64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ""].join("\n");
}

function decodeBody(lines: readonly string[], line: number): Bytes {
  try {
    return decodeBase64(lines.join("").replace(/[ \t]/g, ""));
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw problem("the block's text is not base64", line);
  }
}

function problem(text: string, line: number): FormatError {
  return new FormatError("PEM", `${text} (line ${line})`);
}
