import { decodeBase64, decodeUtf8 } from "../../crypto/mod.ts";
import type { Path } from "../document.ts";
import type { Members } from "../members.ts";
import { draftOf } from "./draft.ts";
import { membersOf } from "./executor_scopes.ts";
import { nameOf, type Work } from "./executor_work.ts";

/** Settings that only say how a registry is asked. */
const HARMLESS = ["userAgent", "maxBlobBytes", "maxManifestBytes"];

/** Adds the Store that stands for one of the stores of an executor. */
export function readStore(work: Work, store: Members, index: number, count: number): void {
  const { executor, scopes, report } = work;
  const at: Path = ["spec", "stores", index, "parameters"];
  const parameters = membersOf(store["parameters"]);
  const name = nameOf(work, count === 1 ? "store" : `store-${index + 1}`);
  const add = (spec: Members): void => {
    work.drafts.push(draftOf("Store", executor.namespace, name, spec, executor.source));
  };
  if (store["type"] === "filesystem-oci-store") {
    const { path } = parameters;
    for (const host of scopes.hosts) {
      const text = `images of ${host} are not looked for in the layout: a Store names repositories`;
      report.add("decision", executor, at, text, "list them in repositories of the Store");
    }
    const repositories = Object.fromEntries(scopes.repositories.map((one) => [one, path]));
    return add({ name: "oci-layout", parameters: { repositories } });
  }
  if (store["type"] !== "registry-store") {
    const text = `is left out: there is no store of the type ${String(store["type"])}`;
    report.add("decision", executor, at.slice(0, -1), text, "use registry-store");
    work.lost.push("store");
    return;
  }
  const result: Record<string, unknown> = {};
  for (const [member, value] of Object.entries(parameters)) {
    switch (member) {
      case "plainHttp":
        if (value === true) result["useHttp"] = true;
        break;
      case "allowCosignTag":
        if (value === true) result["cosignEnabled"] = true;
        break;
      case "caPem":
      case "caBase64": {
        const pem = member === "caPem" ? value : textOfBase64(value);
        const hosts = [...scopes.hosts, ...scopes.repositories.map((one) => one.split("/")[0])];
        result["caBundles"] = Object.fromEntries([...new Set(hosts)].map((host) => [host, pem]));
        report.add("note", executor, [...at, member], "is trusted for the hosts of the scopes");
        break;
      }
      case "credential":
        readCredential(work, membersOf(value), [...at, member], result);
        break;
      default:
        report.add(
          HARMLESS.includes(member) ? "note" : "dropped",
          executor,
          [...at, member],
          "is left out: there is no such setting of a Store",
          HARMLESS.includes(member) ? "" : "correct its name",
        );
    }
  }
  add({ name: "oras", ...(Object.keys(result).length > 0 ? { parameters: result } : {}) });
}

function textOfBase64(value: unknown): string {
  try {
    return decodeUtf8(decodeBase64(String(value)));
  } catch {
    return ""; // which no bundle is: the Store says so
  }
}

function readCredential(
  { executor, report }: Work,
  credential: Members,
  at: Path,
  result: Record<string, unknown>,
): void {
  const { provider, ...options } = credential;
  if (provider === "azure") {
    const { clientID, tenantID } = options;
    result["authProvider"] = {
      name: "azureWorkloadIdentity",
      ...(clientID === undefined ? {} : { clientID }),
      ...(tenantID === undefined ? {} : { tenantID }),
    };
    const text = "is printed as azureWorkloadIdentity, for registries of Azure";
    report.add("changed", executor, at, text, "use azureManagedIdentity where that was meant");
    return;
  }
  report.add(
    "decision",
    executor,
    at,
    "is left out: credentials do not stand in a Store, so that registries are asked without",
    "name a Secret with the provider k8Secrets, or files with static",
  );
}
