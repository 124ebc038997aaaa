import { type Bytes, toHex } from "../bytes.ts";
import {
  DerCursor,
  type DerNode,
  expectTag,
  readDer,
  readEnumerated,
  readInteger,
  readTime,
  TAG,
} from "../der/mod.ts";
import { FormatError } from "../format_error.ts";
import { type Extension, readExtensions } from "./extensions.ts";

/** When and why a certificate was revoked. */
export interface RevokedEntry {
  readonly revokedAt: Date;
  /** CRLReason (RFC 5280 §5.3.1); undefined when none is given. */
  readonly reason: number | undefined;
  /** From when on the key is not to be trusted, where that is said. */
  readonly invalidityDate: Date | undefined;
}

/** The most entries of a CRL. */
const MAX_ENTRIES = 1_000_000;

const REASON = "2.5.29.21";
const INVALIDITY_DATE = "2.5.29.24";

/**
 * Reads the entries of a CRL (revokedCertificates, RFC 5280 §5.1.2.6), by the lower-case hexadecimal of
 * their serial numbers.
 *
 * @param content the elements, one after the other.
 * @throws {FormatError} also for a critical extension that nobody knows: such a list must not be used.
 */
export function readRevokedEntries(content: Bytes): ReadonlyMap<string, readonly RevokedEntry[]> {
  const entries = new Map<string, RevokedEntry[]>();
  let count = 0;
  for (let rest = content; rest.length > 0;) {
    if (++count > MAX_ENTRIES) throw new FormatError("CRL", "there are too many entries");
    const length = elementLength(rest);
    const [serial, entry] = readEntry(readDer(rest.subarray(0, length)));
    const known = entries.get(serial);
    if (known === undefined) entries.set(serial, [entry]);
    else known.push(entry);
    rest = rest.subarray(length);
  }
  return entries;
}

/** The length of the element that bytes begin with; whether it is right is for the reader to say. */
function elementLength(bytes: Bytes): number {
  const second = bytes[1] ?? 0;
  if (second < 0x80) return 2 + second;
  let length = 0;
  for (let index = 0; index < second - 0x80; index++) {
    length = length * 256 + (bytes[2 + index] ?? 0);
  }
  return 2 + second - 0x80 + length;
}

function readEntry(node: DerNode): [serial: string, entry: RevokedEntry] {
  const cursor = new DerCursor(expectTag(node, TAG.sequence, "an entry"), "an entry");
  const serial = toHex(readInteger(cursor.take(TAG.integer, "serial number")));
  const time = cursor.takeAny();
  const extensions = cursor.takeIf(TAG.sequence);
  cursor.end();
  if (time === undefined) throw new FormatError("CRL", "an entry has no date");
  return [serial, {
    revokedAt: readTime(time),
    reason: undefined,
    invalidityDate: undefined,
    ...(extensions && readEntryExtensions(readExtensions(extensions))),
  }];
}

function readEntryExtensions(
  extensions: readonly Extension[],
): Pick<RevokedEntry, "reason" | "invalidityDate"> {
  let reason: number | undefined;
  let invalidityDate: Date | undefined;
  for (const { oid, value, critical } of extensions) {
    if (oid === REASON) reason = readEnumerated(readDer(value));
    else if (oid === INVALIDITY_DATE) invalidityDate = readInvalidityDate(value);
    else if (critical) {
      throw new FormatError("CRL", `an entry has the critical extension ${oid}`);
    }
  }
  return { reason, invalidityDate };
}

/** The value of an invalidityDate extension, of CRLs and OCSP answers. @throws {FormatError} */
export function readInvalidityDate(value: Bytes): Date {
  return readTime(expectTag(readDer(value), TAG.generalizedTime, "an invalidity date"));
}
