export { type Certificate, parseCertificate } from "./certificate.ts";
export type { Extension, KeyUsage } from "./extensions.ts";
export type { Name, NameAttribute } from "./name.ts";
