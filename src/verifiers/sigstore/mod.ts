export { bundleVersion, MAX_BUNDLE_BYTES, parseBundle } from "./bundle.ts";
export {
  type Accompaniment,
  checkSubject,
  envelopeStatement,
  type StatementContent,
  statementContent,
} from "./bundle_content.ts";
export { MAX_ENVELOPE_BYTES, parseEnvelope } from "./dsse_envelope.ts";
export { compileExpression, isAnchored } from "./expression.ts";
export { quote, reading, refusal } from "./failure.ts";
export {
  exactly,
  type IdentityPolicy,
  type MatchedIdentity,
  type TextMatcher,
} from "./identity.ts";
export { asObject, integerMember, objectMember, textMember } from "./json_members.ts";
export type { LogEntry } from "./log_entry.ts";
export type { Statement } from "./statement.ts";
export { verifyBundle } from "./verify_bundle.ts";
export {
  type Evidence,
  type EvidenceRules,
  type SignedContent,
  type Signer,
  verifySigned,
} from "./verify_signed.ts";
