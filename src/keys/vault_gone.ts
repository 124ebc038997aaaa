import { type CloudError, VAULT_DELETED, VAULT_NOT_FOUND } from "../cloud/mod.ts";

/** What Vault is certain of; undefined for all other refusals. */
export function whyGone({ code }: CloudError): string | undefined {
  if (code === VAULT_NOT_FOUND) return "does not exist";
  return code === VAULT_DELETED ? "has been deleted" : undefined;
}
