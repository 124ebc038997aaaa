export { readPkcs12Certificates } from "./certificates.ts";
