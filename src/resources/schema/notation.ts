import * as z from "zod";
import { durationOrNone, ignoredVersion, nonEmpty } from "./common.ts";

const statement = z.strictObject({
  name: z.string().describe("A unique name."),
  registryScopes: z.array(z.string()).max(10_000)
    .describe("Repositories (`registry/repository`) whose signatures it is about, or `*` alone."),
  signatureVerification: z.strictObject({
    level: z.enum(["strict", "permissive", "audit", "skip"])
      .describe("Which validations are enforced, and which are only logged."),
    override: z.partialRecord(
      z.enum(["integrity", "authenticity", "authenticTimestamp", "expiry", "revocation"]),
      z.enum(["enforce", "log", "skip"]),
    ).optional().describe("Validations that differ from the level."),
    verifyTimestamp: z.enum(["always", "afterCertExpiry"]).optional()
      .describe("When a timestamp is looked at; `always` when absent."),
  }).describe("How strictly signatures are verified."),
  trustStores: z.array(z.string()).max(100).optional().describe(
    "`TYPE:NAME`, with the types ca, signingAuthority, tsa.",
  ),
  trustedIdentities: z.array(z.string()).max(200).optional()
    .describe("`x509.subject: <distinguished name>`, or `*` alone for any signer."),
});

/** A trust policy document, of which the rules beyond types are checked elsewhere. */
export const trustPolicyDocument = z.strictObject({
  version: z.string().describe('`"1.0"`.'),
  trustPolicies: z.array(statement).max(1000)
    .describe("Statements, of which one applies to a repository."),
});

/** The parameters of a verifier of the type `notation`. */
export const notationParameters = z.strictObject({
  trustPolicyDoc: trustPolicyDocument.describe("A Notary Project trust policy document."),
  verificationCertStores: z.record(z.string(), z.unknown()).optional()
    .describe("By type (ca, signingAuthority, tsa) and name: lists of key management providers."),
  verificationCerts: z.array(nonEmpty).min(1).max(100).optional()
    .describe(
      "Files and directories of certificates for every `ca` store, in place of verificationCertStores.",
    ),
  userMetadata: z.record(z.string(), z.string()).default({})
    .describe("Pairs that a signature must carry."),
  maxSignatureAttempts: z.int().min(1).max(1000).default(100)
    .describe("The most signatures of an image that are looked at."),
  allowedRevocationHosts: z.array(nonEmpty).default([])
    .describe("Hosts of revocation addresses that are allowed although they are local."),
  staleWhileUnreachable: durationOrNone.default("0")
    .describe(
      "How long the last good revocation answer may be used when its source does not answer.",
    ),
  version: ignoredVersion,
});
