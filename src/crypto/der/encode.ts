import { type Bytes, concatBytes } from "../bytes.ts";

/** An element in DER: its identifier byte, the length in its shortest form, and the content. */
export function encodeDer(identifier: number, ...content: readonly Bytes[]): Bytes {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  const header = [identifier];
  if (length < 0x80) {
    header.push(length);
  } else {
    const bytes: number[] = [];
    for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
    header.push(0x80 | bytes.length, ...bytes);
  }
  return concatBytes(Uint8Array.from(header), ...content);
}
