import { CloudError, VAULT_DELETED, VAULT_NOT_FOUND } from "../cloud/mod.ts";
import { VersionGone } from "./service_entry.ts";

/** What Vault is certain of. */
export async function orGone<T>(version: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    if (error.code === VAULT_NOT_FOUND) throw new VersionGone(version, "does not exist");
    if (error.code === VAULT_DELETED) throw new VersionGone(version, "has been deleted");
    throw error;
  }
}
