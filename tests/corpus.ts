/**
 * The signed test corpus: 324 small images with what is attached to them, made by the tools that users
 * sign with, and for each the verdict of a correct verifier. `README.md` in the corpus explains it.
 *
 * It is kept as one archive, `tests/corpus.tar.gz`, so that a checkout has one file in place of 3,000 and
 * no tool changes its bytes; {@link corpusRoot} unpacks it. To make the archive again from a folder:
 *
 *     tar --format=ustar --sort=name --owner=0 --group=0 --numeric-owner --mtime=@1795000000 \
 *         --mode=u=rwX,go=rX -C FOLDER -cf - . | gzip -n -9 > tests/corpus.tar.gz
 */

import { createHash } from "node:crypto";
import { gunzip, unpack } from "./corpus_archive.ts";

const PROJECT = `${import.meta.dirname}/..`;

/** What a case is about. */
export type Family = "notation" | "cosign" | "sbom" | "vulnerabilityreport" | "mixed";

/** Something that is attached to the image of a case, for information: the layout is the truth. */
export interface CaseReferrer {
  readonly digest: string;
  readonly mediaType: string;
  readonly artifactType: string;
  readonly subject?: string;
  readonly tag?: string;
}

/** What must answer at an address that the certificates of a case name. */
export interface RevocationEndpoint {
  readonly url: string;
  readonly methods: string;
  readonly contentType: string;
  /** Path of the bytes to answer with, relative to the corpus. */
  readonly file: string;
}

/** Trust material and policy of a Notation verification. Paths are relative to the corpus. */
export interface NotationCaseConfig {
  /** A complete trust policy document. */
  readonly trustPolicy: Readonly<Record<string, unknown>>;
  /** For each `type:name` the certificate files; a store that is not listed does not exist. */
  readonly trustStores: Readonly<Record<string, readonly string[]>>;
  readonly userMetadata?: Readonly<Record<string, string>>;
  readonly maxSignatureAttempts?: number;
  readonly revocationEndpoints?: readonly RevocationEndpoint[];
}

/** Trust material and policy of a Cosign verification. Paths are relative to the corpus. */
export interface CosignCaseConfig {
  readonly keys?: readonly string[];
  readonly signatureDigestAlgorithm?: "sha256" | "sha384" | "sha512";
  readonly keyless?: {
    readonly certificateIdentity?: string;
    readonly certificateIdentityRegexp?: string;
    readonly certificateOidcIssuer: string;
    readonly requireSct: boolean;
    readonly trustedRoot?: string;
  };
  readonly requiredAnnotations?: Readonly<Record<string, string>>;
  readonly transparencyLog: "ignore" | "offline";
  readonly rekorPublicKey?: string;
  readonly trustedRoot?: string;
}

/** The configuration of a case; which members are there depends on its family. */
export interface CaseConfig {
  readonly notation?: NotationCaseConfig;
  readonly cosign?: CosignCaseConfig;
  readonly sbom?: Readonly<Record<string, unknown>>;
  readonly vulnerabilityreport?: Readonly<Record<string, unknown>>;
  readonly artifact?: string;
  readonly nestedNotation?: NotationCaseConfig;
}

/** One image to verify and the verdict that is right. */
export interface Case {
  readonly id: string;
  readonly family: Family;
  /** Folder of the image layout, relative to the corpus; see {@link layoutOf}. */
  readonly layout: string;
  /** The name to compare policy scopes with. */
  readonly repository: string;
  readonly tag: string;
  readonly imageDigest: string;
  readonly imageMediaType: string;
  readonly referrers: readonly CaseReferrer[];
  readonly config: CaseConfig;
  readonly expected: { readonly success: boolean; readonly reason: string };
  readonly notes: string;
  /** True where another verdict can be argued for. */
  readonly informational?: boolean;
}

let root: Promise<string> | undefined;

/**
 * The absolute path of the folder with the unpacked corpus. The first call in a checkout unpacks it
 * below `.work/`, which needs permission to write there; later ones, and other processes, find it.
 */
export function corpusRoot(): Promise<string> {
  return root ??= findOrUnpack();
}

/** The cases of the corpus in their order, or those of one family. */
export async function corpusCases(family?: Family): Promise<readonly Case[]> {
  const file: { cases: Case[] } = JSON.parse(
    await Deno.readTextFile(`${await corpusRoot()}/cases.json`),
  );
  return family === undefined ? file.cases : file.cases.filter((one) => one.family === family);
}

/** The case with this id. Throws Error when there is none, so that a misspelt id fails its test. */
export async function corpusCase(id: string): Promise<Case> {
  const found = (await corpusCases()).find((one) => one.id === id);
  if (found === undefined) throw new Error(`the corpus has no case ${id}`);
  return found;
}

/** The absolute path of the image layout of a case. */
export async function layoutOf(one: Case): Promise<string> {
  return `${await corpusRoot()}/${one.layout}`;
}

async function findOrUnpack(): Promise<string> {
  const archive = await Deno.readFile(`${PROJECT}/tests/corpus.tar.gz`);
  const version = createHash("sha256").update(archive).digest("hex").slice(0, 16);
  const folder = `${PROJECT}/.work/corpus-${version}`;
  if (await isFolder(folder)) return folder;
  await Deno.mkdir(`${PROJECT}/.work`, { recursive: true });
  const scratch = await Deno.makeTempDir({ dir: `${PROJECT}/.work`, prefix: "unpacking-" });
  try {
    unpack(await gunzip(archive), scratch);
    // A rename: the folder is complete as soon as it has its name, also for processes beside this one.
    await Deno.rename(scratch, folder);
  } catch (error) {
    await Deno.remove(scratch, { recursive: true });
    // A process beside this one was quicker.
    if (!await isFolder(folder)) throw error;
  }
  return folder;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
