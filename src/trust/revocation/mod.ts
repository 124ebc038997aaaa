export { type CrlPair, describeCrlProblem, lookUp } from "./crl.ts";
export { evaluateOcsp } from "./ocsp.ts";
export {
  atSigningTime,
  describeFreshnessProblem,
  type RevocationAnswer,
  type RevocationChecker,
  type RevocationQuestion,
  type RevocationStatus,
} from "./status.ts";
