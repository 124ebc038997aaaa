import { FormatError, parseJson } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { createInlineProvider, type KeyManagementProvider } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { quote } from "./describe.ts";
import { isObject } from "./members.ts";
import { notAvailable } from "./plugin_fields.ts";
import {
  azureKeyVaultParameters,
  certificateStoreInlineParameters,
  certificateStoreSpec,
  certificateStoreVaultParameters,
  inlineParameters,
  providerSpec,
} from "./schema/key_management_provider.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

const TYPES = ["inline", "azurekeyvault", "file"];

/** Compiles a KeyManagementProvider; undefined, with problems, when it is wrong. */
export function compileProvider(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  const spec = validate(providerSpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  const { type } = candidate.spec;
  if (typeof type !== "string" || type === "") return undefined; // the schema has said so
  switch (type) {
    case "inline":
      if (spec.ok && spec.value.refreshInterval) {
        const path = [...candidate.specPath, "refreshInterval"];
        problems.of(candidate, path, "is ignored: what is written here does not change by itself", {
          severity: "warning",
          atKey: true,
        });
      }
      return compileInline(candidate, problems);
    case "azurekeyvault":
      checkVault(candidate, problems);
      notAvailable(candidate, candidate.typePath, "The provider type azurekeyvault", problems);
      return undefined;
    case "file":
      notAvailable(candidate, candidate.typePath, "The provider type file", problems);
      return undefined;
    default:
      problems.of(candidate, candidate.typePath, unknownType(type));
      return undefined;
  }
}

function unknownType(type: string): string {
  const hint = suggest(type, TYPES);
  const suffix = hint === undefined ? "" : ` (did you mean ${hint}?)`;
  return `must be inline or azurekeyvault; found ${quote(type)}${suffix}`;
}

function checkVault(candidate: Candidate, problems: ProblemList): void {
  if (candidate.parameters === undefined) return;
  const parameters = validate(azureKeyVaultParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
  } else if (!parameters.value.certificates?.length && !parameters.value.keys?.length) {
    const text = "must name at least one entry in certificates or keys";
    problems.of(candidate, candidate.parametersPath, text);
  }
}

/** Compiles a CertificateStore, which is an older form of a provider in a namespace. */
export function compileCertificateStore(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  problems.of(
    candidate,
    candidate.path,
    "CertificateStore is deprecated; use NamespacedKeyManagementProvider",
    { severity: "warning" },
  );
  const spec = validate(certificateStoreSpec, candidate.spec);
  if (!spec.ok) {
    problems.issues(candidate, candidate.specPath, spec.issues);
    return undefined;
  }
  const { provider, parameters } = spec.value;
  switch (provider.trim().toLowerCase()) {
    case "inline": {
      const inline = validate(certificateStoreInlineParameters, parameters);
      if (inline.ok) return createInline(candidate, "certificate", inline.value.value, problems);
      problems.issues(candidate, candidate.parametersPath, inline.issues);
      return undefined;
    }
    case "azurekeyvault": {
      const vault = validate(certificateStoreVaultParameters, parameters);
      if (!vault.ok) problems.issues(candidate, candidate.parametersPath, vault.issues);
      notAvailable(candidate, candidate.typePath, "The provider azurekeyvault", problems);
      return undefined;
    }
    default:
      problems.of(candidate, candidate.typePath, unknownType(provider));
      return undefined;
  }
}

function compileInline(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(inlineParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { contentType, value } = parameters.value;
  if (contentType !== "trustedRoot") return createInline(candidate, contentType, value, problems);
  const why = describeTrustedRootProblem(value);
  if (why !== undefined) {
    const text = `must be the JSON of a Sigstore trusted root: ${why}`;
    problems.of(candidate, [...candidate.parametersPath, "value"], text);
  }
  const path = [...candidate.parametersPath, "contentType"];
  notAvailable(candidate, path, "The content type trustedRoot", problems);
  return undefined;
}

function describeTrustedRootProblem(text: string): string | undefined {
  try {
    return isObject(parseJson(text).value) ? undefined : "it is not an object";
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

function createInline(
  candidate: Candidate,
  contentType: "certificate" | "key",
  value: string,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  try {
    return createInlineProvider({ contentType, value });
  } catch (error) {
    if (!(error instanceof AssayError)) throw error;
    const text = `${error.message}. ${error.remedy}`;
    problems.of(candidate, [...candidate.parametersPath, "value"], text, { code: error.code });
    return undefined;
  }
}
