import { decodeBase64Url } from "./base64.ts";
import { type Bytes, concatBytes } from "./bytes.ts";
import { encodeDer } from "./der/mod.ts";
import { FormatError } from "./format_error.ts";
import { parsePublicKey, type PublicKey } from "./public_key.ts";
import { encodeRsaPublicKey, wrapRsaPublicKey } from "./rsa_key.ts";

/** The public members of a JSON Web Key (RFC 7518 §6); others do not matter. */
export interface PublicJwk {
  readonly kty: unknown;
  readonly crv?: unknown;
  readonly x?: unknown;
  readonly y?: unknown;
  readonly n?: unknown;
  readonly e?: unknown;
}

/** AlgorithmIdentifier of id-ecPublicKey with the curve (RFC 5480 §2.1), and the width of a coordinate. */
const CURVES: ReadonlyMap<unknown, readonly [algorithm: string, width: number]> = new Map([
  ["P-256", ["301306072a8648ce3d020106082a8648ce3d030107", 32]],
  ["P-384", ["301006072a8648ce3d020106052b81040022", 48]],
  ["P-521", ["301006072a8648ce3d020106052b81040023", 66]],
]);

const MAX_CHARACTERS = 8192;

/**
 * Reads the public key of a JSON Web Key of the type `RSA` or `EC` (P-256, P-384, P-521).
 *
 * @throws {FormatError}
 */
export function parsePublicJwk(jwk: PublicJwk): PublicKey {
  switch (jwk.kty) {
    case "RSA": {
      const [modulus, exponent] = [magnitude(jwk.n, "n"), magnitude(jwk.e, "e")];
      return parsePublicKey(wrapRsaPublicKey(encodeRsaPublicKey(modulus, exponent)));
    }
    case "EC": {
      const [algorithm, width] = CURVES.get(jwk.crv) ?? [];
      if (algorithm === undefined) throw new FormatError("JWK", "its curve is not supported");
      const [x, y] = [bytesOf(jwk.x, "x"), bytesOf(jwk.y, "y")];
      if (x.length !== width || y.length !== width) {
        throw new FormatError("JWK", "a coordinate is not as long as those of its curve");
      }
      // BIT STRING without unused bits, and an uncompressed point.
      const bits = encodeDer(0x03, concatBytes(Uint8Array.of(0, 4), x, y));
      return parsePublicKey(encodeDer(0x30, Uint8Array.fromHex(algorithm), bits));
    }
    default:
      throw new FormatError("JWK", "it is neither an RSA nor an EC key");
  }
}

/** A big-endian number without leading zeros. */
function magnitude(value: unknown, name: string): Bytes {
  const bytes = bytesOf(value, name);
  const first = bytes.findIndex((byte) => byte !== 0);
  if (first < 0) throw new FormatError("JWK", `its member ${name} is zero`);
  return bytes.subarray(first);
}

function bytesOf(value: unknown, name: string): Bytes {
  if (typeof value !== "string" || value.length > MAX_CHARACTERS) {
    throw new FormatError("JWK", `its member ${name} is missing or too long`);
  }
  return decodeBase64Url(value);
}
