import { encodeUtf8 } from "../../crypto/mod.ts";
import { memberOf, readObject, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import { KeptToken } from "../kept_token.ts";
import type { CloudSurroundings } from "../surroundings.ts";
import { crc32c } from "./crc32c.ts";
import { getGoogleToken } from "./metadata.ts";

/** What tokens for Cloud KMS are for. */
const SCOPE = "https://www.googleapis.com/auth/cloudkms";
const SERVICE = "Google Cloud KMS";
const MAX_PAGES = 20;

/** A version of a crypto key. */
export interface GoogleKeyVersion {
  /** Its number, such as `3`. */
  readonly version: string;
  /** Such as `ENABLED`, `DISABLED`, `DESTROYED`. */
  readonly state: string;
  /** Such as `EC_SIGN_P256_SHA256`. */
  readonly algorithm: string;
}

/** Asks Google Cloud KMS with the workload's service account. */
export class GoogleKms {
  readonly #endpoint: string;
  readonly #tokens: KeptToken<string>;

  /** @param endpoint such as `https://cloudkms.googleapis.com`, without slash at its end. */
  constructor(endpoint: string, surroundings: CloudSurroundings) {
    this.#endpoint = endpoint;
    this.#tokens = new KeptToken(
      (signal) => getGoogleToken(surroundings, signal, SCOPE),
      surroundings.now,
    );
  }

  /**
   * Asks for a version of a crypto key.
   *
   * @param key its resource name: `projects/…/locations/…/keyRings/…/cryptoKeys/…`.
   * @throws {CloudError}; or the signal's reason.
   */
  async version(key: string, version: string, signal: AbortSignal): Promise<GoogleKeyVersion> {
    const name = `${key}/cryptoKeyVersions/${version}`;
    const found = readVersion(await this.#ask(name, {}, signal), key);
    if (found?.version !== version) throw malformed();
    return found;
  }

  /** Lists all versions of a crypto key, the newest first. Throws {@link CloudError}; or the signal's reason. */
  async versions(key: string, signal: AbortSignal): Promise<GoogleKeyVersion[]> {
    const versions: GoogleKeyVersion[] = [];
    let pageToken = "";
    for (let page = 0; page < MAX_PAGES; page++) {
      const query = { pageSize: "100", ...(pageToken === "" ? {} : { pageToken }) };
      const answer = await this.#ask(`${key}/cryptoKeyVersions`, query, signal);
      const items = memberOf(answer, "cryptoKeyVersions");
      if (!Array.isArray(items)) throw malformed();
      for (const item of items) {
        const version = readVersion(item, key);
        if (version === undefined) throw malformed();
        versions.push(version);
      }
      pageToken = textOf(answer, "nextPageToken") ?? "";
      if (pageToken === "") {
        return versions.toSorted((a, b) => Number(b.version) - Number(a.version));
      }
    }
    throw new CloudError(`${SERVICE} has more versions of the key than can be read`, false);
  }

  /**
   * Asks for the public key of a version, and checks that it came undamaged.
   *
   * @returns PEM text.
   * @throws {CloudError}; or the signal's reason.
   */
  async publicKey(
    key: string,
    { version, algorithm }: GoogleKeyVersion,
    signal: AbortSignal,
  ): Promise<string> {
    const name = `${key}/cryptoKeyVersions/${version}`;
    const answer = await this.#ask(`${name}/publicKey`, {}, signal);
    const pem = textOf(answer, "pem");
    if (
      pem === undefined || textOf(answer, "name") !== name ||
      textOf(answer, "algorithm") !== algorithm
    ) throw malformed();
    if (textOf(answer, "pemCrc32c") !== String(crc32c(encodeUtf8(pem)))) {
      throw new CloudError(`${SERVICE} sent a key that came damaged (pemCrc32c)`, true);
    }
    return pem;
  }

  async #ask(
    name: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const search = new URLSearchParams(query).toString();
    const send = (token: string): Promise<string> =>
      fetchText({
        service: SERVICE,
        url: `${this.#endpoint}/v1/${name}${search && `?${search}`}`,
        headers: { accept: "application/json", authorization: `Bearer ${token}` },
        attempts: 3,
        errorCode: googleCode,
      }, signal);
    return readObject(
      await this.#tokens.use(signal, ({ status }) => status === 401, send),
      SERVICE,
    );
  }
}

function readVersion(value: unknown, key: string): GoogleKeyVersion | undefined {
  const name = textOf(value, "name") ?? "";
  const [state, algorithm] = [textOf(value, "state"), textOf(value, "algorithm")];
  const prefix = `${key}/cryptoKeyVersions/`;
  const version = name.startsWith(prefix) ? name.slice(prefix.length) : "";
  return state === undefined || algorithm === undefined || !/^[1-9][0-9]{0,8}$/.test(version)
    ? undefined
    : { version, state, algorithm };
}

/** `NOT_FOUND`: the status of an error of a Google API. */
function googleCode(text: string): string | undefined {
  try {
    return textOf(memberOf(readObject(text, ""), "error"), "status");
  } catch {
    return undefined;
  }
}

function malformed(): CloudError {
  return new CloudError(`${SERVICE} answers with what is not the key asked for`, false);
}
