import { isObject, type Members } from "../members.ts";
import { classOf, type Draft } from "./draft.ts";
import { membersOf } from "./executor_scopes.ts";
import type { Report } from "./finding.ts";
import type { Sources } from "./read_sources.ts";

/** Settings of the process in `config.json`, as far as the chart has values for them. */
const SECTIONS = ["store", "verifier", "policy", "executor", "logger", "crl"];

const FIELDS = {
  executor: ["verificationRequestTimeout", "mutationRequestTimeout"],
  logger: ["formatter", "requestHeaders"],
  crl: ["cache"],
};

/**
 * The values of the chart for what resources do not say: settings of the process, and identities. What the
 * chart would make resources of is switched off, where it can be: the printed ones are there.
 */
export function chartValues(
  drafts: readonly Draft[],
  settings: Sources["settings"],
  report: Report,
): Members {
  const [file, ...others] = settings;
  for (const { document } of others) {
    const text = "is left out: there is a config.json already";
    const remedy = "migrate one deployment at a time";
    report.add("decision", { label: "", source: { document, path: [] } }, [], text, remedy);
  }
  return {
    notation: { enabled: false },
    cosign: { enabled: false },
    ...identities(drafts),
    ...storeValues(drafts),
    ...(file === undefined ? {} : processValues(file, report)),
  };
}

function processValues({ value, document }: Sources["settings"][number], report: Report): Members {
  const subject = { label: "", source: { document, path: [] } };
  for (const name of Object.keys(value).filter((one) => !SECTIONS.includes(one))) {
    const text = "is left out: no such section is known";
    report.add("dropped", subject, [name], text, "correct its name");
  }
  for (const [section, known] of Object.entries(FIELDS)) {
    for (
      const name of Object.keys(membersOf(value[section])).filter((one) => !known.includes(one))
    ) {
      const text = "is left out: no such field is known";
      report.add("dropped", subject, [section, name], text, "correct its name");
    }
  }
  const executor = membersOf(value["executor"]);
  const timeout: Record<string, number> = {};
  const seconds = (field: string, target: string, margin: number): void => {
    const milliseconds = executor[field];
    if (typeof milliseconds !== "number" || !(milliseconds > 0)) return;
    timeout[target] = Math.max(1, Math.ceil((milliseconds + margin) / 1000));
    const text = `${milliseconds} ms is ${target} ${timeout[target]}, as the chart counts seconds`;
    report.add("note", subject, ["executor", field], text);
  };
  seconds("verificationRequestTimeout", "validationTimeoutSeconds", 100);
  seconds("mutationRequestTimeout", "mutationTimeoutSeconds", 50);
  const logger = membersOf(value["logger"]);
  const { formatter, requestHeaders } = logger;
  const cache = membersOf(membersOf(value["crl"])["cache"]);
  return {
    ...(Object.keys(timeout).length > 0 ? { provider: { timeout } } : {}),
    ...(typeof formatter === "string" || isObject(requestHeaders)
      ? {
        logger: {
          ...(typeof formatter === "string" && formatter !== "" ? { formatter } : {}),
          ...(isObject(requestHeaders) ? { requestHeaders } : {}),
        },
      }
      : {}),
    crl: { cache: { enabled: cache["enabled"] === true } },
  };
}

/** The identities that stores and vaults are asked with, which the chart puts on the pod. */
function identities(drafts: readonly Draft[]): Members {
  for (const draft of drafts.filter(({ namespace }) => namespace === "")) {
    const parameters = membersOf(draft.spec["parameters"]);
    const provider = membersOf(parameters["authProvider"]);
    const isVault = classOf(draft) === "KeyManagementProvider" &&
      draft.spec["type"] === "azurekeyvault";
    const { clientID } = isVault ? parameters : provider;
    if (typeof clientID !== "string") continue;
    if (isVault || provider["name"] === "azureWorkloadIdentity") {
      return { azureWorkloadIdentity: { clientId: clientID } };
    }
    if (provider["name"] === "azureManagedIdentity") {
      return { azureManagedIdentity: { clientId: clientID } };
    }
  }
  return {};
}

/** Credential providers, by the value that chooses each. */
const AUTH_PROVIDERS: Readonly<Record<string, string>> = {
  azureWorkloadIdentity: "azureWorkloadIdentityEnabled",
  azureManagedIdentity: "azureManagedIdentityEnabled",
  k8Secrets: "k8secretsEnabled",
  awsEcrBasic: "awsEcrBasicEnabled",
  alibabacloudAcrBasic: "alibabacloudAcrBasicEnabled",
};

/** What the one Store that the chart makes says, where there is one for registries that it can stand for. */
function storeValues(drafts: readonly Draft[]): Members {
  const [store, ...others] = drafts.filter((draft) => draft.kind === "Store");
  if (store === undefined || others.length > 0 || store.spec["name"] !== "oras") return {};
  const parameters = membersOf(store.spec["parameters"]);
  const { name, defaultInstanceId, acrInstancesConfig, endpoints } = membersOf(
    parameters["authProvider"],
  );
  const chosen = AUTH_PROVIDERS[String(name)];
  return {
    oras: {
      useHttp: parameters["useHttp"] === true,
      cache: { enabled: parameters["cacheEnabled"] === true, ttl: parameters["ttl"] ?? 10 },
      ...(chosen === undefined ? {} : {
        authProviders: {
          [chosen]: true,
          ...(endpoints === undefined ? {} : { azureContainerRegistryEndpoints: endpoints }),
        },
      }),
    },
    ...(name === "alibabacloudAcrBasic"
      ? { alibabacloudAcrConfig: { defaultInstanceId, acrInstancesConfig } }
      : {}),
  };
}
