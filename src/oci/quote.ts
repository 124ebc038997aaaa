/**
 * Quotes text of unknown origin for a message: printable ASCII stays, anything else is escaped, so that
 * control characters, look-alike letters and writing direction marks cannot deceive the reader of a log.
 */

/** The text in double quotes, escaped, and cut with `…` after `limit` characters of it. */
export function quote(text: string, limit = 120): string {
  let out = "";
  let count = 0;
  for (const character of text) {
    if (++count > limit) return `"${out}…"`;
    out += escaped(character);
  }
  return `"${out}"`;
}

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  return code >= 0x20 && code < 0x7f ? character : `\\u{${code.toString(16)}}`;
}
