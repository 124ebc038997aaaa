export { type Address, isLoopback, parseAddress } from "./address.ts";
export { MUTATE_PATH, VERIFY_PATH } from "./app.ts";
export { requireSuitableRuntime } from "./client_certificates.ts";
export { type Service, type ServiceOptions, startService } from "./service.ts";
export type { TlsSource } from "./tls_files.ts";
