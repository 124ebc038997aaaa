export { readCertificateFiles } from "./certificate_files.ts";
export { createInlineProvider, type InlineConfiguration } from "./inline.ts";
export {
  createFileProvider,
  type FileConfiguration,
  readPublicKeyFile,
  readTrustedRootFile,
} from "./file.ts";
export type { ContentType } from "./material.ts";
export { readCertificates } from "./pem_material.ts";
export type { KeyManagementProvider } from "./provider.ts";
export { whyUnreadable } from "./unreadable.ts";
