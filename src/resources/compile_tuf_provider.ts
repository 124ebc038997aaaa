import { encodeUtf8 } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import {
  type KeyManagementProvider,
  readMaterial,
  readMaterialFile,
  readTextFile,
} from "../keys/mod.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import { TufClient, TufError, type TufRepository, type TufSource } from "../tuf/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import publicGoodRoot from "./data/public_good_root.json" with { type: "json" };
import { warnWhenOld } from "./default_trusted_root.ts";
import { tufParameters } from "./schema/key_management_provider.ts";
import { milliseconds } from "./schema/common.ts";
import { validate } from "./validate.ts";

/** How long to wait between refreshes where nothing is said, and at least: a day, a minute. */
const DEFAULT_INTERVAL = 24 * 3_600_000;
const MIN_INTERVAL = 60_000;

/** A provider whose trusted root is kept up to date in the background. */
export interface TufProvider {
  readonly provider: KeyManagementProvider;
  readonly repository: TufRepository;
}

/** What compiling such a provider may depend on. */
export interface TufEnvironment {
  /** Has what was last verified; undefined where nothing is refreshed, as in `assay check`. */
  readonly tuf?: TufSource | undefined;
  readonly now?: Date | undefined;
}

/**
 * Compiles a KeyManagementProvider of the type `tuf`; undefined, with problems, when it is wrong. Its
 * material is what was last verified, else the fallback: nothing is waited for.
 *
 * @param refreshInterval as in the resource.
 */
export async function compileTufProvider(
  candidate: Candidate,
  refreshInterval: string | undefined,
  { tuf, now }: TufEnvironment,
  problems: ProblemList,
): Promise<TufProvider | undefined> {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(tufParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const at = candidate.parametersPath;
  if (candidate.scope !== "") {
    const text = "must not be tuf in a namespace: the process would ask addresses for it";
    problems.of(candidate, candidate.typePath, text, { code: "OPERATION_FORBIDDEN" });
    return undefined;
  }
  const { mirrors, target, root, rootFile, fallback, fallbackFile } = parameters.value;
  if ((root === undefined) === (rootFile === undefined)) {
    problems.of(candidate, at, "must have exactly one of root and rootFile");
    return undefined;
  }
  if (fallback !== undefined && fallbackFile !== undefined) {
    problems.of(candidate, at, "must not have both fallback and fallbackFile");
    return undefined;
  }
  const intervalMs = intervalOf(candidate, refreshInterval, problems);
  const text = await readRoot(candidate, root, rootFile, target, problems);
  if (text === undefined) return undefined;
  if (fallback !== undefined) warnWhenOld(candidate, [...at, "fallback"], now, problems);
  const repository = {
    mirrors: mirrors.map((mirror) => mirror.trim()),
    root: text,
    target,
    intervalMs,
  };
  const provider: KeyManagementProvider = {
    fetch: async () => {
      const current = await tuf?.current(repository);
      if (current !== undefined) return readMaterial("trustedRoot", current);
      return await fallbackMaterial(candidate, fallbackFile, fallback);
    },
  };
  return { provider, repository };
}

function intervalOf(
  candidate: Candidate,
  text: string | undefined,
  problems: ProblemList,
): number {
  const wanted = text === undefined ? 0 : milliseconds(text);
  if (wanted === 0 || wanted >= MIN_INTERVAL) return wanted || DEFAULT_INTERVAL;
  const path = [...candidate.specPath, "refreshInterval"];
  problems.of(candidate, path, "must be at least 1m for a provider of the type tuf");
  return DEFAULT_INTERVAL;
}

async function readRoot(
  candidate: Candidate,
  root: string | undefined,
  rootFile: string | undefined,
  target: string,
  problems: ProblemList,
): Promise<string | undefined> {
  const path = [...candidate.parametersPath, rootFile === undefined ? "root" : "rootFile"];
  try {
    const text = rootFile === undefined ? root ?? "" : await readTextFile(rootFile);
    new TufClient(encodeUtf8(text), target);
    return text;
  } catch (error) {
    if (!(error instanceof AssayError || error instanceof TufError)) throw error;
    problems.of(candidate, path, error.message, { code: "TRUSTED_ROOT_INVALID" });
    return undefined;
  }
}

async function fallbackMaterial(
  { name }: Candidate,
  file: string | undefined,
  fallback: "public" | undefined,
): Promise<TrustMaterial> {
  if (file !== undefined) return await readMaterialFile("trustedRoot", file);
  if (fallback !== undefined) return readMaterial("trustedRoot", JSON.stringify(publicGoodRoot));
  throw new AssayError({
    code: "KEY_MANAGEMENT_PROVIDER_FAILURE",
    component: "keyManagementProvider",
    message: `Key management provider ${name} has no trusted root yet: no refresh has succeeded`,
    remedy: "Check the log of the refreshes, or name what is trusted until then as its fallback.",
    transient: true,
  });
}
