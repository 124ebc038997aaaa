import { AssayError } from "../errors.ts";
import { createInlineProvider, type KeyManagementProvider } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { parseJson } from "../crypto/mod.ts";
import { notAvailable } from "./plugin_fields.ts";
import {
  azureKeyVaultParameters,
  certificateStoreInlineParameters,
  certificateStoreSpec,
  certificateStoreVaultParameters,
  inlineParameters,
  providerSpec,
} from "./schema/key_management_provider.ts";
import { validate } from "./validate.ts";

/** Compiles a KeyManagementProvider; undefined, with problems, when it is wrong. */
export function compileProvider(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  const spec = validate(providerSpec, candidate.spec);
  if (!spec.ok) {
    problems.issues(candidate, candidate.specPath, spec.issues);
    return undefined;
  }
  switch (spec.value.type) {
    case "inline":
      return compileInline(candidate, problems);
    case "azurekeyvault": {
      const parameters = validate(azureKeyVaultParameters, candidate.parameters);
      if (!parameters.ok) problems.issues(candidate, candidate.parametersPath, parameters.issues);
      else if (!parameters.value.certificates?.length && !parameters.value.keys?.length) {
        problems.of(
          candidate,
          candidate.parametersPath,
          "must name at least one entry in certificates or keys",
        );
      }
      notAvailable(candidate, candidate.typePath, "The provider type azurekeyvault", problems);
      return undefined;
    }
    default:
      problems.of(
        candidate,
        candidate.typePath,
        `must be inline or azurekeyvault; found ${JSON.stringify(spec.value.type)}`,
      );
      return undefined;
  }
}

/** Compiles a CertificateStore, which is an older form of an inline provider. */
export function compileCertificateStore(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  problems.of(
    candidate,
    candidate.path,
    "CertificateStore is deprecated; use KeyManagementProvider",
    {
      severity: "warning",
    },
  );
  const spec = validate(certificateStoreSpec, candidate.spec);
  if (!spec.ok) {
    problems.issues(candidate, candidate.specPath, spec.issues);
    return undefined;
  }
  const type = spec.value.provider.trim().toLowerCase();
  if (type === "azurekeyvault") {
    const parameters = validate(certificateStoreVaultParameters, candidate.parameters);
    if (!parameters.ok) problems.issues(candidate, candidate.parametersPath, parameters.issues);
    notAvailable(candidate, candidate.typePath, "The provider azurekeyvault", problems);
    return undefined;
  }
  if (type !== "inline") {
    problems.of(
      candidate,
      candidate.typePath,
      `must be inline or azurekeyvault; found ${JSON.stringify(spec.value.provider)}`,
    );
    return undefined;
  }
  const parameters = validate(certificateStoreInlineParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  return createInline(candidate, "certificate", parameters.value.value, problems);
}

function compileInline(
  candidate: Candidate,
  problems: ProblemList,
): KeyManagementProvider | undefined {
  const parameters = validate(inlineParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { contentType, value } = parameters.value;
  if (contentType !== "trustedRoot") return createInline(candidate, contentType, value, problems);
  try {
    const root = parseJson(value).value;
    if (typeof root !== "object" || root === null || Array.isArray(root)) {
      throw new Error("it is not an object");
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    problems.of(
      candidate,
      [...candidate.parametersPath, "value"],
      `must be the JSON of a Sigstore trusted root: ${why}`,
    );
  }
  notAvailable(
    candidate,
    [...candidate.parametersPath, "contentType"],
    "The content type trustedRoot",
    problems,
  );
  return undefined;
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
    problems.of(
      candidate,
      [...candidate.parametersPath, "value"],
      `${error.message}. ${error.remedy}`,
      { code: error.code },
    );
    return undefined;
  }
}
