import type { Bytes, Certificate, HashName, PublicKey } from "../../crypto/mod.ts";
import { formatMoment, type TrustedRoot } from "../../trust/mod.ts";
import type { CheckList } from "../check_list.ts";
import { type CertificatePath, findPaths } from "./certificate_path.ts";
import { checkCertificateTimestamps } from "./certificate_timestamp.ts";
import { refusal } from "./failure.ts";
import { type IdentityPolicy, type MatchedIdentity, matchIdentity } from "./identity.ts";
import type { LogEntry } from "./log_entry.ts";
import { type LogLookup, lookUp } from "./log_lookup.ts";
import { type Hashed, hashesOf, verifyWithKey } from "./signature_schemes.ts";
import { describeTimes, type SignedTime, verifyTimestamps } from "./timestamps.ts";
import { checkLogValidity, type VerifiedEntry, verifyEntries } from "./transparency_log.ts";

/** A signature with all that came with it, whatever form it came in. Read but not believed. */
export interface SignedContent {
  readonly signature: Bytes;
  /** The bytes that the signature is over, or their hash. */
  readonly data: Bytes | Hashed;
  /** For a DSSE envelope, what is in it. */
  readonly envelope: { readonly payload: Bytes; readonly payloadType: string } | undefined;
  /** Leaf first; what follows may be intermediates. Empty when there is none. */
  readonly certificates: readonly Certificate[];
  readonly entries: readonly LogEntry[];
  /** RFC 3161 responses over the signature, DER. */
  readonly timestamps: readonly Bytes[];
  /** Whether it is a bundle, whose rules for time and certificate logs are others. */
  readonly bundled: boolean;
}

/** Whose signature it must be. */
export type Signer =
  | { readonly kind: "key"; readonly key: PublicKey; readonly hash: HashName | undefined }
  | {
    readonly kind: "identity";
    readonly policy: IdentityPolicy;
    /** Whether the certificate must be in a certificate transparency log. */
    readonly requireCertificateLog: boolean;
  };

/** What the signature is judged by, beside the signer. */
export interface EvidenceRules {
  /** Whom to trust; undefined only where neither log nor certificate is looked at. */
  readonly root: TrustedRoot | undefined;
  /** Whether the signature must be in a transparency log; if not, entries are not looked at. */
  readonly requireLog: boolean;
  /** Asks a log for what it has of a signature that comes without entries; absent: none is asked. */
  readonly lookup?: LogLookup | undefined;
  readonly now: Date;
}

/** What was found true of a signature. */
export interface Evidence {
  readonly entries: readonly VerifiedEntry[];
  /** Whether the entries came from the log itself rather than with the signature. */
  readonly online: boolean;
  /** The signer, where the certificate says who it is. */
  readonly identity: MatchedIdentity | undefined;
  /** When time alone may change the outcome: where a certificate was judged as of now. */
  readonly validUntil: Date | undefined;
}

const NO_ROOT: TrustedRoot = {
  transparencyLogs: [],
  certificateLogs: [],
  certificateAuthorities: [],
  timestampAuthorities: [],
};

/**
 * Verifies a signature and what proves its time and its signer: the value, the transparency log, the
 * certificate at every time that is proven, certificate logs, and the identity. What the signature
 * says is for the caller to judge.
 *
 * @throws {VerificationFailure} `cosign.*`.
 */
export async function verifySigned(
  list: CheckList,
  content: SignedContent,
  signer: Signer,
  rules: EvidenceRules,
): Promise<Evidence> {
  const root = rules.root ?? NO_ROOT;
  const leaf = signer.kind === "key" ? undefined : requireLeaf(content);
  const key = signer.kind === "key" ? signer.key : requireLeaf(content).publicKey;
  const pinned = signer.kind === "key" ? signer.hash : undefined;
  let hash: HashName = "SHA-256";
  await list.run("signature", "enforce", async () => {
    const found = await checkSignature(content, key, pinned);
    if (found !== "none") hash = found;
    return `By ${key.description}${found === "none" ? "" : ` with ${found}`}`;
  });
  let entries: readonly VerifiedEntry[] = [];
  const lookup = content.entries.length === 0 ? rules.lookup : undefined;
  const online = lookup !== undefined;
  if (rules.requireLog) {
    const logged = { ...content, signer: leaf ?? key };
    await list.run("transparency log", "enforce", async () => {
      entries = lookup === undefined
        ? await verifyEntries(content.entries, logged, root.transparencyLogs)
        : await lookUp(lookup, logged, hash, root.transparencyLogs);
      return entries.map(describeEntry).join("; ");
    });
  }
  const evidence = { entries, online, identity: undefined, validUntil: undefined };
  if (signer.kind === "key" || leaf === undefined) return evidence;
  const times = await checkTimestamps(list, content, root);
  const moments = provenMoments(entries, times, content, rules);
  let paths: CertificatePath[] = [];
  await list.run("certificate", "enforce", async () => {
    checkMoments(moments, entries);
    const intermediates = content.certificates.slice(1);
    paths = await findPaths(leaf, intermediates, root.certificateAuthorities, moments);
    return `Issued by ${paths[0]?.authority.name}, valid at ${
      moments.map(formatMoment).join(", ")
    }`;
  });
  if (signer.requireCertificateLog) {
    await list.run("certificate log", "enforce", async () => {
      const logs = await checkLogged(leaf, paths, root, content.bundled ? "ignore" : "refuse");
      return `The certificate is in ${logs.join(", ")}`;
    });
  }
  let identity: MatchedIdentity | undefined;
  await list.run("identity", "enforce", () => {
    identity = matchIdentity(leaf, signer.policy, content.bundled);
    return `${identity.identity}, identified by ${identity.issuer}`;
  });
  const asOfNow = entries.length === 0 && times.length === 0;
  return { ...evidence, identity, validUntil: asOfNow ? leaf.notAfter : undefined };
}

function requireLeaf({ certificates: [leaf] }: SignedContent): Certificate {
  if (leaf !== undefined) return leaf;
  throw refusal(
    "cosign.malformed",
    "No certificate comes with the signature, which names its signer",
  );
}

async function checkSignature(
  { signature, data }: SignedContent,
  key: PublicKey,
  pinned: HashName | undefined,
): Promise<HashName | "none"> {
  const hash = await verifyWithKey(key, hashesOf(key, pinned), signature, data);
  if (hash !== undefined) return hash;
  throw refusal(
    "cosign.signature",
    `The signature does not verify with the ${key.description} key`,
  );
}

function describeEntry({ log, logIndex, kind, integratedTime }: VerifiedEntry): string {
  const time = integratedTime === undefined ? "" : ` at ${formatMoment(integratedTime)}`;
  return `Entry ${logIndex} (${kind}) of ${log.baseUrl}${time}`;
}

async function checkTimestamps(
  list: CheckList,
  { signature, timestamps }: SignedContent,
  { timestampAuthorities }: TrustedRoot,
): Promise<readonly SignedTime[]> {
  if (timestamps.length === 0 || timestampAuthorities.length === 0) return [];
  let times: readonly SignedTime[] = [];
  await list.run("timestamp", "enforce", async () => {
    times = await verifyTimestamps(timestamps, signature, timestampAuthorities);
    return describeTimes(times);
  });
  return times;
}

/**
 * The moments at which the signature is known to have been there. A certificate outside a bundle is
 * judged as of now where the policy asks for no log.
 */
function provenMoments(
  entries: readonly VerifiedEntry[],
  times: readonly SignedTime[],
  content: SignedContent,
  rules: EvidenceRules,
): number[] {
  const moments = [
    ...entries.flatMap(({ integratedTime }) => integratedTime ?? []),
    ...times.map(({ moment }) => moment),
  ];
  const mayBeNow = !rules.requireLog && !content.bundled;
  return moments.length === 0 && mayBeNow ? [rules.now.getTime() / 1000] : moments;
}

function checkMoments(moments: readonly number[], entries: readonly VerifiedEntry[]): void {
  if (moments.length === 0) {
    throw refusal("cosign.certificate_time", "Nothing proves when the signature was made");
  }
  for (const { log, integratedTime } of entries) {
    if (integratedTime === undefined) moments.forEach((moment) => checkLogValidity(log, moment));
  }
}

/** One way on which the certificate timestamps verify is enough: they name the issuer's key. */
async function checkLogged(
  leaf: Certificate,
  paths: readonly CertificatePath[],
  root: TrustedRoot,
  unknown: "refuse" | "ignore",
): Promise<string[]> {
  let failure: unknown;
  for (const { certificates: [, issuer] } of paths) {
    try {
      const logs = await checkCertificateTimestamps(leaf, issuer, root.certificateLogs, unknown);
      return logs.map(({ baseUrl }) => baseUrl);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}
