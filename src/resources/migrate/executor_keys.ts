import type { Path } from "../document.ts";
import { type Draft, draftOf } from "./draft.ts";
import { listOf, membersOf } from "./executor_scopes.ts";
import type { Report } from "./finding.ts";
import type { Executor } from "./read_sources.ts";

const PEM = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?-----END [A-Z0-9 ]+-----/g;
const KNOWN = ["inline", "files", "azurekeyvault"];

/** What verifiers call a provider of the executor's scope. */
export function referenceTo({ namespace, name }: Pick<Draft, "namespace" | "name">): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

/**
 * The providers that stand for those embedded in a verifier; empty, with findings, where there are none.
 *
 * @param options by kind of provider.
 * @param name how they are called, before a number.
 */
export function providersOf(
  executor: Executor,
  contentType: "certificate" | "key",
  options: unknown,
  path: Path,
  name: string,
  report: Report,
): Draft[] {
  const { namespace, source } = executor;
  const found = Object.entries(membersOf(options)).filter(([kind]) => kind !== "type");
  const specs = found.flatMap(([kind, value]): { spec: Record<string, unknown> }[] => {
    const at = [...path, kind];
    if (!KNOWN.includes(kind)) {
      const text = `${kind} is left out: there is no such key provider`;
      report.add("decision", executor, at, text, "name the keys in a KeyManagementProvider");
      return [];
    }
    if (kind === "azurekeyvault") {
      const { vaultURL, certificates, keys, ...others } = membersOf(value);
      const wanted = contentType === "key" ? { keys } : { certificates };
      const parameters = { vaultURI: vaultURL, ...others, ...wanted };
      return [{ spec: { type: "azurekeyvault", parameters } }];
    }
    if (kind === "files") {
      return listOf(value).map((file) => ({
        spec: { type: "file", parameters: { contentType, path: file } },
      }));
    }
    const text = typeof value === "string"
      ? value
      : membersOf(value)[contentType === "key" ? "keys" : "certs"];
    const blocks = typeof text === "string" ? text.match(PEM) ?? [] : [];
    const values = contentType === "key" ? blocks : blocks.length > 0 ? [blocks.join("\n")] : [];
    if (values.length === 0) {
      report.add("decision", executor, at, `has no ${contentType} as PEM text`, "put it there");
    }
    return values.map((pem) => ({
      spec: { type: "inline", parameters: { contentType, value: `${pem}\n` } },
    }));
  });
  return specs.map(({ spec }, index) =>
    draftOf(
      "KeyManagementProvider",
      namespace,
      specs.length === 1 ? name : `${name}-${index + 1}`,
      spec,
      source,
    )
  );
}
