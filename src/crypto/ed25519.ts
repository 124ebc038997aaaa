import type { Bytes } from "./bytes.ts";
import { FormatError } from "./format_error.ts";

/** The prime of the field (RFC 8032 §5.1). */
const P = (1n << 255n) - 19n;

/**
 * Checks that a public key is not one of the points of small order. Under such a key there are
 * signatures that are right for every message; the Web Cryptography API has them refused, and not
 * every implementation does. Whether the bytes are a point at all is left to the verification.
 *
 * The orders are 1 (y = 1), 2 (y = -1), 4 (y = 0) and 8. Doubling a point of order 8 gives one with
 * y = 0, so that x² = -y², and with the curve's equation d·y⁴ + 2y² - 1 = 0 where d = -121665/121666.
 *
 * @throws {FormatError}
 */
export function checkOrder(point: Bytes): void {
  const y = decodeY(point) % P;
  const square = y * y % P;
  const orderEight = (121666n * (2n * square - 1n) - 121665n * square * square) % P === 0n;
  if (y === 0n || square === 1n || orderEight) {
    throw new FormatError(
      "SPKI",
      "an Ed25519 key is a point of small order, which fits any message",
    );
  }
}

/** The y of an encoded point: little-endian, the highest bit is the sign of x. */
function decodeY(point: Bytes): bigint {
  let y = 0n;
  for (const [index, byte] of point.entries()) {
    y |= BigInt(index === 31 ? byte & 0x7f : byte) << BigInt(8 * index);
  }
  return y;
}
