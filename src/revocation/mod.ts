export type { Resolve } from "./address.ts";
export { type RevocationCounters, type RevocationOptions, RevocationService } from "./service.ts";
