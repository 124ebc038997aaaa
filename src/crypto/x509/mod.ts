export { type Certificate, parseCertificate } from "./certificate.ts";
export { type Crl, type CrlScope, MAX_CRL_BYTES, parseCrl } from "./crl.ts";
export type { RevokedEntry } from "./crl_entries.ts";
export type { Extension, KeyUsage } from "./extensions.ts";
export type { Name, NameAttribute } from "./name.ts";
