import { CloudError, type CloudSurroundings } from "../../cloud/mod.ts";
import { AssayError } from "../../errors.ts";
import { quote } from "../../oci/mod.ts";
import { deadline } from "../registry/failure.ts";
import type { Credential, CredentialProvider } from "./credential.ts";

/** Files with the user names and passwords of registries. */
export interface StaticOptions {
  /** By registry host. */
  readonly registries: Readonly<
    Partial<
      Record<string, { readonly usernameFile: string; readonly passwordFile: string }>
    >
  >;
}

/** User names and passwords in files, which are read for each look-up (`static`). */
export class StaticCredentials implements CredentialProvider {
  readonly name = "static";
  readonly #files = new Map<string, { usernameFile: string; passwordFile: string }>();
  readonly #readText: CloudSurroundings["readText"];

  constructor({ registries }: StaticOptions, { readText }: Pick<CloudSurroundings, "readText">) {
    this.#readText = readText;
    for (const [registry, files] of Object.entries(registries)) {
      if (files !== undefined) this.#files.set(registry.toLowerCase(), files);
    }
  }

  /** Those of exactly the registry; undefined when it has none. See {@link CredentialProvider}. */
  async credentials(registry: string, signal: AbortSignal): Promise<Credential | undefined> {
    const files = this.#files.get(registry.toLowerCase());
    if (files === undefined) return undefined;
    if (signal.aborted) throw deadline(signal);
    try {
      const [username, password] = await Promise.all([
        this.#read(files.usernameFile),
        this.#read(files.passwordFile),
      ]);
      return { kind: "password", username, password };
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      throw new AssayError({
        code: "AUTH_DENIED",
        component: "referrerStore",
        message: `The credentials for ${quote(registry)} cannot be used: ${error.message}.`,
        remedy: "Put the user name and the password, and nothing else, into the files.",
        cause: error,
      });
    }
  }

  /** One line: editors and `echo` leave a line end, which belongs to no password. */
  async #read(path: string): Promise<string> {
    let text: string;
    try {
      text = await this.#readText(path);
    } catch (error) {
      const missing = error instanceof Deno.errors.NotFound;
      throw new CloudError(`${quote(path)} ${missing ? "is missing" : "may not be read"}`, false);
    }
    const line = text.replace(/\r?\n$/, "");
    // deno-lint-ignore no-control-regex -- they are what is refused
    if (line === "" || /[\x00-\x1f\x7f]/.test(line)) {
      throw new CloudError(`${quote(path)} does not hold one line of text`, false);
    }
    return line;
  }
}
