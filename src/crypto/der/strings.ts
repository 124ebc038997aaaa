import { type Bytes, decodeUtf8 } from "../bytes.ts";
import { FormatError } from "../format_error.ts";
import { type DerNode, TAG } from "./reader.ts";

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
const NUMERIC = /^[0-9 ]*$/;

/**
 * The text of a character string; undefined for an element of another type.
 *
 * PrintableString also takes `*`, `@`, `&` and `_`, which certificates in the wild have; they read
 * the same in every decoder. TeletexString is read as Latin-1, as all verifiers do.
 *
 * @throws {FormatError} for bytes that the string type does not have.
 */
export function readString(node: DerNode): string | undefined {
  if (node.tagClass !== "universal") return undefined;
  switch (node.tag) {
    case TAG.utf8String:
      return decodeUtf8(node.value);
    case TAG.printableString: {
      const text = latin1(node.value);
      if (!PRINTABLE.test(text.replace(/[*@&_]/g, ""))) throw wrong("PrintableString");
      return text;
    }
    case TAG.numericString: {
      const text = latin1(node.value);
      if (!NUMERIC.test(text)) throw wrong("NumericString");
      return text;
    }
    case TAG.ia5String:
      if (node.value.some((byte) => byte >= 0x80)) throw wrong("IA5String");
      return latin1(node.value);
    case TAG.teletexString:
      return latin1(node.value);
    case TAG.bmpString:
      return utf16(node.value);
    default:
      return undefined;
  }
}

function latin1(bytes: Bytes): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** BMPString has no surrogates: they would be characters beyond the plane. */
function utf16(bytes: Bytes): string {
  if (bytes.length % 2 !== 0) throw wrong("BMPString");
  let text = "";
  for (let index = 0; index < bytes.length; index += 2) {
    const unit = ((bytes[index] ?? 0) << 8) | (bytes[index + 1] ?? 0);
    if (unit >= 0xd800 && unit <= 0xdfff) throw wrong("BMPString");
    text += String.fromCharCode(unit);
  }
  return text;
}

function wrong(type: string): FormatError {
  return new FormatError("DER", `a ${type} has a character that it must not have`);
}
