export { type Finding, type FindingKind, formatFinding } from "./finding.ts";
export { migrate, type Migration, type MigrationOptions } from "./migrate.ts";
export { EXECUTOR_GROUPS } from "./read_sources.ts";
