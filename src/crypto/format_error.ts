/** The formats that this room reads. */
export type Format =
  | "base64"
  | "PEM"
  | "DER"
  | "JSON"
  | "CBOR"
  | "JWS"
  | "COSE"
  | "X.509"
  | "CMS"
  | "timestamp"
  | "CRL"
  | "OCSP"
  | "SPKI"
  | "JWK"
  | "PKCS#12"
  | "UTF-8"
  | "protobuf JSON"
  | "checkpoint"
  | "SCT"
  | "in-toto"
  | "SPDX"
  | "TUF"
  | "time";

/** Input that is not what its format asks for. The only error that the readers of this room throw. */
export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly format: Format;
  /** Where in the input, in bytes or characters, if that is known. */
  readonly offset: number | undefined;

  constructor(format: Format, problem: string, offset?: number) {
    super(
      offset === undefined ? `${format}: ${problem}` : `${format}: ${problem} at offset ${offset}`,
    );
    this.format = format;
    this.offset = offset;
  }
}
