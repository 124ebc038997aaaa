import { type Bytes, equalBytes, hash, toHex } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import type { TrustedRoot } from "../../trust/mod.ts";
import { CheckList, failedResult } from "../check_list.ts";
import type { VerifierResult } from "../verifier.ts";
import type { Bundle, MessageDigest } from "./bundle.ts";
import { parseBundle } from "./bundle.ts";
import { checkSubject, messageContent, statementContent } from "./bundle_content.ts";
import { reading, refusal } from "./failure.ts";
import type { Hashed } from "./signature_schemes.ts";
import { type EvidenceRules, type Signer, verifySigned } from "./verify_signed.ts";

/**
 * Verifies a Sigstore bundle against a file, or against its SHA-256 alone: a message signature must be
 * over it, an in-toto statement must name it. A certificate needs a transparency log entry, which
 * proves when it was used; for a key, the entries that there are must be right.
 *
 * @param artifact the file, or its SHA-256.
 * @returns the result; it never throws for anything that is wrong with the bundle.
 */
export async function verifyBundle(
  bytes: Bytes,
  artifact: Bytes | Hashed,
  signer: Signer,
  trust: { readonly root: TrustedRoot; readonly now: Date },
): Promise<VerifierResult> {
  const list = new CheckList();
  try {
    const bundle = reading(
      "cosign.malformed",
      "The bundle cannot be read",
      () => parseBundle(bytes),
    );
    await list.run("bundle", "enforce", () => `A bundle of version ${bundle.version}`);
    if (signer.kind === "key" && bundle.material.kind !== "key") {
      throw refusal("cosign.malformed", "The bundle has a certificate, and a key was given");
    }
    const requireLog = signer.kind === "identity" || bundle.entries.length > 0;
    const rules = { ...trust, requireLog };
    const message = await (bundle.content.kind === "message"
      ? verifyMessage(list, bundle, bundle.content.digest, artifact, signer, rules)
      : verifyStatement(list, bundle, artifact, signer, rules));
    return { outcome: "success", message, checks: list.checks };
  } catch (error) {
    if (!(error instanceof VerificationFailure)) throw error;
    return failedResult(error, list.checks);
  }
}

async function verifyMessage(
  list: CheckList,
  bundle: Bundle,
  digest: MessageDigest | undefined,
  artifact: Bytes | Hashed,
  signer: Signer,
  rules: EvidenceRules,
): Promise<string> {
  await list.run("target", "enforce", () => checkMessageDigest(digest, sha256Of(artifact)));
  await verifySigned(list, messageContent(bundle, artifact), signer, rules);
  return "The bundle's signature is over the file";
}

/** The digest in the bundle is a hint; one that is about another file is wrong all the same. */
function checkMessageDigest(digest: MessageDigest | undefined, sha256: Bytes): string {
  if (digest === undefined) return "The bundle names no digest";
  if (digest.algorithm !== "SHA2_256") {
    throw refusal("cosign.malformed", "The digest in the bundle is not by SHA2_256");
  }
  if (equalBytes(digest.digest, sha256)) return `The bundle is about sha256:${toHex(sha256)}`;
  throw refusal(
    "cosign.payload_digest_mismatch",
    `The bundle is about sha256:${toHex(digest.digest)}, not about sha256:${toHex(sha256)}`,
  );
}

async function verifyStatement(
  list: CheckList,
  bundle: Bundle,
  artifact: Bytes | Hashed,
  signer: Signer,
  rules: EvidenceRules,
): Promise<string> {
  const { content, statement } = statementContent(bundle);
  await verifySigned(list, content, signer, rules);
  const digest = `sha256:${toHex(sha256Of(artifact))}`;
  await list.run("target", "enforce", () => {
    checkSubject(statement, digest);
    return `The statement (${statement.predicateType}) is about ${digest}`;
  });
  return `The bundle's statement (${statement.predicateType}) is about the file`;
}

function sha256Of(artifact: Bytes | Hashed): Bytes {
  return "sha256" in artifact ? artifact.sha256 : hash("SHA-256", artifact);
}
