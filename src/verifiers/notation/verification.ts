import type {
  TrustPolicyDocument,
  TrustPolicyStatement,
  TrustStoreSources,
} from "../../trust/mod.ts";
import type { CheckList } from "../check_list.ts";
import type { VerifierContext } from "../verifier.ts";
import type { Findings } from "./findings.ts";
import type { RevocationSettings } from "./revocation.ts";

/** The configuration of a Notation verifier, validated. */
export interface NotationConfiguration extends TrustStoreSources, RevocationSettings {
  readonly name: string;
  readonly type: string;
  /** The artifact types that it judges; `*` for all. */
  readonly artifactTypes: readonly string[];
  readonly trustPolicy: TrustPolicyDocument;
  /** Pairs that a signature must carry as signed annotations of its target. */
  readonly userMetadata: Readonly<Record<string, string>>;
  readonly maxSignatureAttempts: number;
}

/** One verification under way. */
export interface Verification {
  readonly list: CheckList;
  readonly findings: Findings;
  readonly configuration: NotationConfiguration;
  readonly context: VerifierContext;
  readonly statement: TrustPolicyStatement;
}
