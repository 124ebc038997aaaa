export { checkChain, MAX_CHAIN_LENGTH } from "./chain.ts";
export { type DistinguishedName, parseDistinguishedName } from "./distinguished_name.ts";
export { isSelfSigned, isSignedBy } from "./issuance.ts";
export { actionsOf } from "./levels.ts";
export type {
  MaterialDetail,
  ProvidedCertificate,
  ProvidedKey,
  TrustMaterial,
} from "./material.ts";
export { checkTrustPolicyDocument, parseTrustStore } from "./policy_document.ts";
export { canonicalScope, statementSelector } from "./registry_scope.ts";
export {
  atSigningTime,
  type CrlPair,
  describeCrlProblem,
  describeFreshnessProblem,
  evaluateOcsp,
  lookUp as lookUpCrl,
  type RevocationAnswer,
  type RevocationChecker,
  type RevocationQuestion,
  type RevocationStatus,
} from "./revocation/mod.ts";
export { parseTime } from "./rfc3339.ts";
export { staleness } from "./staleness.ts";
export { TrustSnapshot } from "./snapshot.ts";
export { subjectText } from "./subject_text.ts";
export { type Timestamp, verifyTimestamp } from "./timestamp.ts";
export {
  incompleteStore,
  loadTrustStore,
  type TrustStore,
  type TrustStoreSources,
} from "./trust_store.ts";
export {
  type CertificateAuthority,
  isWithin,
  parseTrustedRoot,
  type Period,
  type TransparencyLog,
  type TrustedRoot,
} from "./trusted_root.ts";
export { matchTrustedIdentity } from "./trusted_identity.ts";
export { checkValidAt, checkValidThrough, formatMoment } from "./validity.ts";
export type {
  Action,
  Level,
  SignatureVerification,
  TrustPolicyDocument,
  TrustPolicyStatement,
  TrustStoreType,
  Validation,
} from "./trust_policy.ts";
