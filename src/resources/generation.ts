import { encodeUtf8, hash, toHex } from "../crypto/mod.ts";
import type { AssayError } from "../errors.ts";
import type { TrustMaterial } from "../trust/mod.ts";
import type { Candidate } from "./candidate.ts";
import type { ProcessSettings } from "./process_settings.ts";

/**
 * A hash of everything that a configuration is made of: the same resources give the same hash,
 * whatever files, order and format they come in.
 *
 * @param inputs what was read from files that resources name, as texts that say which file for whom.
 */
export function configurationGeneration(
  candidates: readonly Candidate[],
  settings: ProcessSettings,
  inputs: readonly string[],
): string {
  const resources = candidates.map(({ class: kind, scope, name, spec }) =>
    canonicalJson({ kind, scope, name, spec })
  );
  return digest([...resources.toSorted(), canonicalJson(settings), ...inputs.toSorted()]);
}

/** A hash of key material: changes whenever any of it does, and not because it was fetched again. */
export function trustGeneration(
  material: ReadonlyMap<string, TrustMaterial | AssayError>,
): string {
  const entries = [...material].map(([reference, found]) =>
    canonicalJson(
      found instanceof Error ? { reference, error: found.message } : {
        reference,
        certificates: found.certificates.map(({ certificate, ...about }) => ({
          ...about,
          fingerprint: certificate.fingerprint,
        })),
        keys: found.keys.map(({ key, ...about }) => ({ ...about, fingerprint: key.fingerprint })),
        details: found.details,
        incomplete: found.incomplete?.message,
      },
    )
  );
  return digest(entries.toSorted());
}

/** A hash of all that a store is, its namespace included: tenants share nothing that one of them learnt. */
export function storeIdentity(
  type: string,
  { scope, name }: Pick<Candidate, "scope" | "name">,
  parameters: unknown,
): string {
  return digest([type, scope, name, canonicalJson(parameters)]);
}

/** JSON with members in the order of their names. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const members = Object.entries(value).toSorted(([a], [b]) => a < b ? -1 : 1)
    .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

function digest(parts: readonly string[]): string {
  return toHex(hash("SHA-256", encodeUtf8(JSON.stringify(parts))));
}
