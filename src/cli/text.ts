/**
 * Makes text from outside harmless on a terminal: control characters, also the ones that reorder
 * text, become visible escapes. Certificates and registries are written by strangers.
 */
export function printable(text: string): string {
  let result = "";
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    result += isControl(point) ? `\\u{${point.toString(16)}}` : character;
  }
  return result;
}

function isControl(point: number): boolean {
  return point < 0x20 || (point >= 0x7f && point < 0xa0) || // C0, DEL, C1
    (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) || // bidi, breaks
    (point >= 0x2060 && point <= 0x2069) || point === 0xfeff ||
    (point >= 0xd800 && point <= 0xdfff); // halves of pairs
}
