import type { Certificate } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { readCertificateFiles } from "../keys/mod.ts";
import { checkTrustPolicyDocument } from "../trust/mod.ts";
import { createNotationVerifier, type Verifier } from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { readCertificateStores } from "./certificate_stores.ts";
import { type NotationParameters, notationParameters } from "./schema/notation.ts";
import { validate } from "./validate.ts";

/** What verifiers refer to. */
export interface VerifierEnvironment {
  /** References of all key management providers that are configured, also of those with problems. */
  readonly providers: ReadonlySet<string>;
  /** The home directory, for paths that begin with `~/`. */
  readonly home: string | undefined;
  /** Files whose content the configuration depends on are noted here, as digests. */
  readonly inputs: string[];
}

/** Compiles the parameters of a Notation verifier. */
export async function compileNotation(
  candidate: Candidate,
  type: string,
  artifactTypes: readonly string[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  const validated = validate(notationParameters, candidate.parameters ?? {});
  if (!validated.ok) {
    problems.issues(candidate, candidate.parametersPath, validated.issues);
    return undefined;
  }
  const parameters = validated.value;
  const { trustPolicyDoc } = parameters;
  problems.issues(
    candidate,
    [...candidate.parametersPath, "trustPolicyDoc"],
    checkTrustPolicyDocument(trustPolicyDoc),
  );
  const stores = readCertificateStores(candidate, parameters.verificationCertStores, problems);
  checkReferences(candidate, stores, environment, problems);
  checkStoresExist(candidate, parameters, stores, problems);
  const caCertificates = await readFiles(candidate, parameters, environment, problems);
  return createNotationVerifier({
    name: candidate.name,
    type,
    artifactTypes,
    trustPolicy: trustPolicyDoc,
    stores: new Map(
      [...stores].map(([store, entries]) => [store, entries.map((entry) => entry.reference)]),
    ),
    caCertificates,
    userMetadata: parameters.userMetadata,
    maxSignatureAttempts: parameters.maxSignatureAttempts,
  });
}

type Stores = ReturnType<typeof readCertificateStores>;

function checkReferences(
  candidate: Candidate,
  stores: Stores,
  environment: VerifierEnvironment,
  problems: ProblemList,
): void {
  for (const { reference, path } of [...stores.values()].flat()) {
    const namespace = reference.includes("/") ? reference.slice(0, reference.indexOf("/")) : "";
    if (!environment.providers.has(reference)) {
      problems.of(
        candidate,
        path,
        `there is no ${namespace === "" ? "" : "Namespaced"}KeyManagementProvider ${reference}`,
        { code: "RESOURCE_NOT_FOUND" },
      );
    } else if (namespace !== "" && candidate.scope === "") {
      problems.of(
        candidate,
        path,
        `only requests of namespace ${namespace} can use provider ${reference}`,
        {
          severity: "warning",
        },
      );
    } else if (namespace !== "" && namespace !== candidate.scope) {
      problems.of(
        candidate,
        path,
        `must be a provider of namespace ${candidate.scope} or of the cluster`,
      );
    }
  }
}

/** A trust store that is not configured makes every verification under its statement fail. */
function checkStoresExist(
  candidate: Candidate,
  parameters: NotationParameters,
  stores: Stores,
  problems: ProblemList,
): void {
  const files = parameters.verificationCerts !== undefined &&
    parameters.verificationCertStores === undefined;
  parameters.trustPolicyDoc.trustPolicies.forEach((statement, index) => {
    statement.trustStores?.forEach((store, position) => {
      if (stores.has(store) || !store.includes(":") || (files && store.startsWith("ca:"))) return;
      problems.of(
        candidate,
        [
          ...candidate.parametersPath,
          "trustPolicyDoc",
          "trustPolicies",
          index,
          "trustStores",
          position,
        ],
        `the trust store ${store} is not configured; configured are ${
          [...stores.keys()].join(", ") || "none"
        }. Add it to verificationCertStores`,
      );
    });
  });
}

/** Files serve every `ca` store, and only when no stores are configured. */
async function readFiles(
  candidate: Candidate,
  parameters: NotationParameters,
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<readonly Certificate[] | undefined> {
  const { verificationCerts, verificationCertStores } = parameters;
  if (verificationCerts === undefined) return undefined;
  const path = [...candidate.parametersPath, "verificationCerts"];
  if (candidate.scope !== "") {
    problems.of(candidate, path, "must not be set in a namespace: it names files of the process", {
      atKey: true,
    });
    return undefined;
  }
  if (verificationCertStores !== undefined) {
    problems.of(candidate, path, "is ignored: verificationCertStores counts", {
      severity: "warning",
      atKey: true,
    });
    return undefined;
  }
  const certificates: Certificate[] = [];
  for (const [index, file] of verificationCerts.entries()) {
    try {
      certificates.push(...await readCertificateFiles([expandHome(file, environment.home)]));
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      problems.of(candidate, [...path, index], error.message, { code: error.code });
    }
  }
  environment.inputs.push(...certificates.map((certificate) => certificate.fingerprint));
  return certificates;
}

function expandHome(path: string, home: string | undefined): string {
  return path.startsWith("~/") && home !== undefined ? `${home}${path.slice(1)}` : path;
}
