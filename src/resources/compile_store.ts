import type * as z from "zod";
import { encodePem } from "../crypto/mod.ts";
import { AssayError } from "../errors.ts";
import { createInlineProvider, readCertificateFiles } from "../keys/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { readClientCertificates } from "./compile_client_certificates.ts";
import type { ConfiguredStore, DerivedParameters } from "./configuration.ts";
import { compileLayoutStore } from "./compile_layout_store.ts";
import { describe, quote } from "./describe.ts";
import type { Path } from "./document.ts";
import { storeIdentity } from "./generation.ts";
import { isObject } from "./members.ts";
import { checkAddress, NAMES_FILES, refuseSource } from "./plugin_fields.ts";
import {
  type AuthProviderParameters,
  authProviders,
  orasParameters,
  storeSpec,
} from "./schema/store.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

const DEFAULT_TTL = 10;

/** Where a store of a namespace may have Assay's Azure identity used. */
const AZURE_REGISTRIES = /^(?:\*|[a-z0-9-]+)\.azurecr\.(?:io|us|cn)$/i;

/**
 * Compiles a Store; undefined, with problems, when it is wrong.
 *
 * @param derived what the other resources make of it.
 * @param inputs takes what was read from files, for the generation of the configuration.
 */
export async function compileStore(
  candidate: Candidate,
  derived: DerivedParameters,
  inputs: string[],
  problems: ProblemList,
): Promise<ConfiguredStore | undefined> {
  const spec = validate(storeSpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  refuseSource(candidate, problems);
  checkAddress(candidate, problems);
  const { name } = candidate.spec;
  if (typeof name !== "string" || name === "") return undefined; // the schema has said so
  if (name === "oci-layout") return compileLayoutStore(candidate, derived, problems);
  if (name !== "oras") {
    const text = `must be oras or oci-layout; found ${quote(name)}`;
    problems.of(candidate, candidate.typePath, text, { code: "PLUGIN_NOT_FOUND" });
    return undefined;
  }
  const parameters = validate(orasParameters, candidate.parameters ?? {});
  if (!parameters.ok) problems.issues(candidate, candidate.parametersPath, parameters.issues);
  const authProvider = compileAuthProvider(candidate, problems);
  if (candidate.scope !== "" && candidate.parameters?.["localCachePath"] !== undefined) {
    problems.of(candidate, [...candidate.parametersPath, "localCachePath"], NAMES_FILES);
  }
  if (!parameters.ok) return undefined;
  const caBundles = await readCaBundles(candidate, inputs, problems);
  const clientCertificates = await readClientCertificates(candidate, inputs, problems);
  if (parameters.value.useHttp) {
    problems.of(
      candidate,
      [...candidate.parametersPath, "useHttp"],
      "uses plain HTTP for all registries; name the hosts that need it in plainHttp",
      { severity: "warning" },
    );
  }
  const ttl = parameters.value.ttl || DEFAULT_TTL;
  const { authProvider: _, ...rest } = parameters.value;
  const configured = {
    ...rest,
    ...derived,
    caBundles,
    clientCertificates,
    ttl,
    ...(authProvider === undefined ? {} : { authProvider }),
  };
  return {
    name: candidate.name,
    type: "oras",
    parameters: configured,
    identity: storeIdentity("oras", candidate, configured),
    listingTtl: configured.cacheEnabled ? ttl * 1000 : 0,
  };
}

/** The credential provider; undefined when there is none, and, with problems, when it is wrong. */
function compileAuthProvider(
  candidate: Candidate,
  problems: ProblemList,
): AuthProviderParameters | undefined {
  const provider = candidate.parameters?.["authProvider"];
  if (!isObject(provider) || typeof provider["name"] !== "string") return undefined;
  const { name } = provider;
  const path = [...candidate.parametersPath, "authProvider"];
  if (!isAuthProvider(name)) {
    const names = Object.keys(authProviders);
    const hint = suggest(name, names);
    problems.of(
      candidate,
      [...path, "name"],
      `must be one of ${names.join(", ")}; found ${quote(name)}${
        hint === undefined ? "" : ` (did you mean ${hint}?)`
      }`,
    );
    return undefined;
  }
  const result = validate<z.ZodType<AuthProviderParameters>>(authProviders[name], provider);
  if (!result.ok) {
    problems.issues(candidate, path, result.issues);
    return undefined;
  }
  if (candidate.scope === "") return result.value;
  checkReach(candidate, provider, path, problems);
  return result.value.name === "k8Secrets"
    ? { ...result.value, namespace: candidate.scope }
    : result.value;
}

function isAuthProvider(name: string): name is keyof typeof authProviders {
  return Object.hasOwn(authProviders, name);
}

/**
 * A store of a namespace must not reach files of the process, nor secrets of other namespaces; and must not
 * send the process's identity to hosts of its choice.
 */
function checkReach(
  candidate: Candidate,
  provider: Readonly<Record<string, unknown>>,
  path: Path,
  problems: ProblemList,
): void {
  if (provider["configPath"] !== undefined) {
    problems.of(candidate, [...path, "configPath"], NAMES_FILES);
  }
  if (provider["registries"] !== undefined) {
    problems.of(candidate, [...path, "registries"], NAMES_FILES);
  }
  const endpoints = Array.isArray(provider["endpoints"]) ? provider["endpoints"] : [];
  for (const [index, endpoint] of endpoints.entries()) {
    if (AZURE_REGISTRIES.test(String(endpoint))) continue;
    problems.of(
      candidate,
      [...path, "endpoints", index],
      `must be a registry below azurecr.io, azurecr.us or azurecr.cn in a namespace; found ${
        describe(endpoint)
      }`,
    );
  }
  const secrets = Array.isArray(provider["secrets"]) ? provider["secrets"] : [];
  for (const [index, secret] of secrets.entries()) {
    const namespace: unknown = isObject(secret) ? secret["namespace"] : undefined;
    if (namespace === candidate.scope) continue;
    problems.of(
      candidate,
      [...path, "secrets", index, "namespace"],
      `must be ${candidate.scope}, the store's own namespace; found ${describe(namespace)}`,
    );
  }
}

/** The bundles as PEM text. One is written as that, or, for the cluster only, as the path of a file. */
async function readCaBundles(
  candidate: Candidate,
  inputs: string[],
  problems: ProblemList,
): Promise<Record<string, string>> {
  const bundles = candidate.parameters?.["caBundles"];
  const read: Record<string, string> = {};
  for (const [host, bundle] of Object.entries(isObject(bundles) ? bundles : {})) {
    if (typeof bundle !== "string" || bundle === "") continue; // the schema has said so
    const path = [...candidate.parametersPath, "caBundles", host];
    const inline = bundle.includes("-----BEGIN");
    if (!inline && candidate.scope !== "") {
      const text = "must be PEM text in a namespace: a path names files of the process";
      problems.of(candidate, path, text);
      continue;
    }
    try {
      if (inline) createInlineProvider({ contentType: "certificate", value: bundle });
      const certificates = inline ? [] : await readCertificateFiles([bundle]);
      read[host] = inline
        ? bundle
        : certificates.map(({ raw }) => encodePem("CERTIFICATE", raw)).join("");
      inputs.push(
        ...certificates.map(({ fingerprint }) => `${candidate.label} ${host} ${fingerprint}`),
      );
    } catch (error) {
      if (!(error instanceof AssayError)) throw error;
      problems.of(candidate, path, `${error.message}. ${error.remedy}`, { code: error.code });
    }
  }
  return read;
}
