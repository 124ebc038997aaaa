import type { Candidate, ProblemList } from "./candidate.ts";
import type { ConfiguredStore } from "./configuration.ts";
import { checkAddress, refuseSource } from "./plugin_fields.ts";
import { authProviders, orasParameters, storeSpec } from "./schema/store.ts";
import { suggest } from "./suggest.ts";
import { validate } from "./validate.ts";

/** Compiles a Store; undefined, with problems, when it is wrong. */
export function compileStore(
  candidate: Candidate,
  problems: ProblemList,
): ConfiguredStore | undefined {
  const before = problems.problems.length;
  const spec = validate(storeSpec, candidate.spec);
  if (!spec.ok) problems.issues(candidate, candidate.specPath, spec.issues);
  const type = candidate.spec["name"];
  if (typeof type === "string" && type !== "" && type !== "oras") {
    problems.of(
      candidate,
      candidate.typePath,
      `must be oras, the one kind of store; found ${JSON.stringify(type)}`,
      {
        code: "PLUGIN_NOT_FOUND",
      },
    );
    return undefined;
  }
  refuseSource(candidate, problems);
  checkAddress(candidate, problems);
  const parameters = validate(orasParameters, candidate.parameters ?? {});
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
  } else {
    checkAuthProvider(candidate, problems);
    checkReach(candidate, parameters.value, problems);
    if (parameters.value.useHttp) {
      problems.of(
        candidate,
        [...candidate.parametersPath, "useHttp"],
        "uses plain HTTP for all registries; name the hosts that need it in plainHttp",
        { severity: "warning" },
      );
    }
  }
  const failed = problems.problems.slice(before).some((problem) => problem.severity === "error");
  return failed || !parameters.ok
    ? undefined
    : { name: candidate.name, type: "oras", parameters: parameters.value };
}

function checkAuthProvider(candidate: Candidate, problems: ProblemList): void {
  const provider = candidate.parameters?.["authProvider"] as { name: string } | undefined;
  if (provider === undefined) return;
  const path = [...candidate.parametersPath, "authProvider"];
  const schema = Object.hasOwn(authProviders, provider.name)
    ? authProviders[provider.name]
    : undefined;
  if (schema === undefined) {
    const names = Object.keys(authProviders);
    const hint = suggest(provider.name, names);
    problems.of(
      candidate,
      [...path, "name"],
      `must be one of ${names.join(", ")}; found ${JSON.stringify(provider.name)}${
        hint === undefined ? "" : ` (did you mean ${hint}?)`
      }`,
    );
    return;
  }
  const result = validate(schema, provider);
  if (!result.ok) problems.issues(candidate, path, result.issues);
}

/** A store of a namespace must not reach files of the process, nor secrets of other namespaces. */
function checkReach(
  candidate: Candidate,
  parameters: { readonly localCachePath?: string | undefined; readonly caBundles: object },
  problems: ProblemList,
): void {
  if (candidate.scope === "") return;
  const refuse = (path: readonly (string | number)[], text: string): void =>
    problems.of(candidate, [...candidate.parametersPath, ...path], text);
  if (parameters.localCachePath !== undefined) {
    refuse(["localCachePath"], "must not be set in a namespace: it names files of the process");
  }
  for (const [host, bundle] of Object.entries(parameters.caBundles)) {
    if (!String(bundle).includes("-----BEGIN")) {
      refuse(
        ["caBundles", host],
        "must be PEM text in a namespace: a path names files of the process",
      );
    }
  }
  const provider = candidate.parameters?.["authProvider"] as Record<string, unknown> | undefined;
  if (provider?.["configPath"] !== undefined) {
    refuse(
      ["authProvider", "configPath"],
      "must not be set in a namespace: it names files of the process",
    );
  }
  const secrets = Array.isArray(provider?.["secrets"]) ? provider["secrets"] : [];
  for (const [index, secret] of secrets.entries()) {
    const { namespace } = secret as { namespace?: unknown };
    if (namespace !== undefined && namespace !== candidate.scope) {
      refuse(
        ["authProvider", "secrets", index, "namespace"],
        `must be ${candidate.scope}, the store's own namespace`,
      );
    }
  }
}
