/** HashiCorp Vault itself, as a server for development. */

import { freePort } from "./labreg.ts";

/** Where the program is looked for: where `tests/vault/build.sh` puts it, then on the PATH. */
const PLACES = [`${import.meta.dirname}/../.work/vault`, "vault"];

/** A running server, whose root token is `root`. */
export interface VaultProcess extends AsyncDisposable {
  readonly address: string;
}

/** The program; undefined when it is nowhere. */
export async function findVault(): Promise<string | undefined> {
  for (const place of PLACES) {
    try {
      const { success } = await new Deno.Command(place, { args: ["version"] }).output();
      if (success) return place;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** Starts a server whose state is in memory. */
export async function startVault(program: string, folder: string): Promise<VaultProcess> {
  const host = `127.0.0.1:${freePort()}`;
  const process = new Deno.Command(program, {
    args: [
      "server",
      "-dev",
      "-dev-root-token-id=root",
      `-dev-listen-address=${host}`,
      "-dev-no-store-token",
      "-log-level=error",
    ],
    env: { HOME: folder, VAULT_DISABLE_MLOCK: "true" },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.status;
  };
  const address = `http://${host}`;
  try {
    for (let attempt = 0;; attempt++) {
      try {
        const response = await fetch(`${address}/v1/secret/config`, {
          headers: { "x-vault-token": "root" },
        });
        await response.body?.cancel();
        // The engine for secrets is mounted last.
        if (response.ok) break;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
      }
      if (attempt > 300) throw new Error("Vault does not answer");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { address, [Symbol.asyncDispose]: stop };
}
