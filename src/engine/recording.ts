import type { ImageReport } from "../report/mod.ts";
import type { Configuration } from "../resources/mod.ts";
import type { ArtifactStore } from "../stores/mod.ts";
import type { RevocationChecker } from "../trust/mod.ts";
import type { PluginHost } from "../verifiers/mod.ts";
import type { VerifyRequest } from "./verify_image.ts";

/** What one verification was about, and under what. */
export interface RecordedQuestion {
  readonly request: Omit<VerifyRequest, "stores">;
  readonly configuration: Configuration;
  /** The time as of which it judges. */
  readonly now: Date;
}

/** Notes everything that one verification learns from outside, so that it can be repeated without. */
export interface Recording {
  /** The same store, whose answers are noted. To be called in the order in which stores are asked. */
  store(store: ArtifactStore): ArtifactStore;
  /** The same checker, whose answers are noted. */
  revocation(checker: RevocationChecker | undefined): RevocationChecker | undefined;
  /** The same host, where what its plugins answer is noted. */
  plugins(host: PluginHost | undefined): PluginHost | undefined;
  /** Takes the outcome. Must not throw, and nobody waits for what it does with it. */
  done(report: ImageReport): void;
}

/** Begins to note one verification. */
export type Recorder = (question: RecordedQuestion) => Recording;
