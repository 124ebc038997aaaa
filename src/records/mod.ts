export { findRecords, readRecords } from "./read_records.ts";
export { RecordFile } from "./record_file.ts";
export { RecordFolder } from "./record_folder.ts";
export type { VerificationRecord } from "./record.ts";
export { type Replay, replayRecord, whyOf } from "./replay.ts";
