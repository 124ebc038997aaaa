export type { KeyType } from "./key.ts";
export { CertificateRotation, type RotationOptions } from "./rotation.ts";
export type { ServerPair } from "./server_pair.ts";
