export type { CacheEvent } from "./cache/bounded_cache.ts";
export { ContentDisk } from "./cache/content_disk.ts";
export type { RequestContext, ResolveAnswer, VerdictSource, VerifyAnswer } from "./answer.ts";
export { Engine, type EngineOptions } from "./engine.ts";
export { type FoundImage, resolveSubject } from "./find_artifacts.ts";
export { openStore, type StoreSurroundings } from "./open_store.ts";
export { JointVerification } from "./joint_verification.ts";
export { mapBounded } from "./parallel.ts";
export type { RecordedQuestion, Recorder, Recording } from "./recording.ts";
export type { OpenStore } from "./store_pool.ts";
export {
  ImageVerification,
  type VerifyContext,
  verifyImage,
  type VerifyRequest,
} from "./verify_image.ts";
