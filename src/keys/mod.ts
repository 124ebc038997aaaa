export { readCertificateFiles } from "./certificate_files.ts";
export { createInlineProvider, type InlineConfiguration } from "./inline.ts";
export type { KeyManagementProvider } from "./provider.ts";
