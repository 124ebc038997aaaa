import assert from "node:assert/strict";
import {
  derWriter,
  extension,
  forgeCertificate,
  type ForgedCertificate,
} from "../../../tests/forge/mod.ts";
import { type Bytes, encodeUtf8, FormatError, parseCertificate } from "../../crypto/mod.ts";
import { type CertificateIdentity, readIdentity } from "./fulcio_certificate.ts";

const { explicit, implicit, oid, sequence, string } = derWriter;
const V1 = "1.3.6.1.4.1.57264.1.1";
const V2 = "1.3.6.1.4.1.57264.1.8";

async function identityOf(...extensions: readonly Bytes[]): Promise<CertificateIdentity> {
  const made: ForgedCertificate = await forgeCertificate({ extensions });
  return readIdentity(parseCertificate(made.der));
}

const names = (...list: readonly Bytes[]): Bytes => extension("2.5.29.17", sequence(...list), true);

Deno.test("readIdentity reads every kind of name that a signer may have", async () => {
  const otherName = (type: string): Bytes =>
    explicit(0, oid(type), explicit(0, string("who!", "utf8")));
  const { names: found } = await identityOf(names(
    implicit(1, encodeUtf8("dev@example.com")),
    implicit(2, encodeUtf8("host.example.com")),
    implicit(6, encodeUtf8("https://example.com/w@refs/heads/main")),
    implicit(7, Uint8Array.of(127, 0, 0, 1)),
    implicit(7, Uint8Array.from({ length: 16 }, (_, index) => index === 15 ? 1 : 0)),
    implicit(7, Uint8Array.of(1, 2, 3)),
    implicit(8, Uint8Array.of(0x2a)),
    otherName("1.3.6.1.4.1.57264.1.7"),
    otherName("1.2.3.4"),
  ));
  assert.deepEqual(found, [
    "dev@example.com",
    "host.example.com",
    "https://example.com/w@refs/heads/main",
    "127.0.0.1",
    "::1",
    "who!",
  ]);
});

Deno.test("readIdentity takes the issuer of either extension, and refuses two that differ", async () => {
  const first = extension(V1, encodeUtf8("https://a.example"));
  const second = (text: string): Bytes => extension(V2, string(text, "utf8"));
  assert.equal((await identityOf(first)).issuer, "https://a.example");
  assert.equal((await identityOf(second("https://b.example"))).issuer, "https://b.example");
  assert.equal((await identityOf(first, second("https://a.example"))).issuer, "https://a.example");
  assert.equal((await identityOf(names())).issuer, undefined);
  await assert.rejects(identityOf(first, second("https://b.example")), FormatError);
  await assert.rejects(identityOf(extension(V2, encodeUtf8("https://a.example"))), FormatError);
  await assert.rejects(identityOf(extension(V1, Uint8Array.of(0xff))), FormatError);
});
