import { jsonErrorCode, memberOf, readObject, textOf } from "../answer.ts";
import { CloudError } from "../cloud_error.ts";
import { fetchText } from "../http.ts";
import { KeptToken } from "../kept_token.ts";
import type { CloudSurroundings } from "../surroundings.ts";
import { type AlibabaKeys, signCall } from "./signing.ts";
import { getAlibabaKeys } from "./sts.ts";

const SERVICE = "Alibaba Cloud KMS";
const VERSION = "2016-01-20";
const PAGE_SIZE = 100;
const MAX_PAGES = 10;

/** Error codes that may pass. */
const PASSING = [
  "Throttling",
  "Throttling.User",
  "Throttling.Api",
  "Rejected.Throttling",
  "ServiceUnavailable",
  "ServiceUnavailableTemporary",
  "InternalFailure",
  "InternalError",
];

/** What the service says about a key. */
export interface AlibabaKey {
  readonly id: string;
  /** Such as `Enabled`, `Disabled`, `PendingDeletion`. */
  readonly state: string;
  /** Such as `RSA_2048`, `EC_P256`. */
  readonly spec: string;
}

/** Asks the Key Management Service of Alibaba Cloud with the pod's RAM role. */
export class AlibabaKms {
  readonly #endpoint: string;
  readonly #surroundings: CloudSurroundings;
  readonly #keys: KeptToken<AlibabaKeys>;

  /** @param endpoint such as `https://kms.cn-hangzhou.aliyuncs.com`, without slash at its end. */
  constructor(endpoint: string, surroundings: CloudSurroundings) {
    this.#endpoint = endpoint;
    this.#surroundings = surroundings;
    this.#keys = new KeptToken((signal) => getAlibabaKeys(surroundings, signal), surroundings.now);
  }

  /**
   * Asks about a key (DescribeKey).
   *
   * @param id its identifier, or an alias as in `alias/release`.
   * @throws {CloudError}; or the signal's reason.
   */
  async key(id: string, signal: AbortSignal): Promise<AlibabaKey> {
    const found = memberOf(await this.#call("DescribeKey", { KeyId: id }, signal), "KeyMetadata");
    const [keyId, state, spec] = ["KeyId", "KeyState", "KeySpec"].map((name) =>
      textOf(found, name)
    );
    const own = keyId === id || id.startsWith("alias/");
    if (keyId === undefined || state === undefined || spec === undefined || !own) throw malformed();
    return { id: keyId, state, spec };
  }

  /** Lists the versions of a key (ListKeyVersions), the newest first. Throws {@link CloudError}. */
  async versions(id: string, signal: AbortSignal): Promise<{ readonly version: string }[]> {
    const versions: { readonly version: string; readonly made: number }[] = [];
    for (let page = 1; page <= MAX_PAGES; page++) {
      const query = { KeyId: id, PageNumber: String(page), PageSize: String(PAGE_SIZE) };
      const answer = await this.#call("ListKeyVersions", query, signal);
      const items = memberOf(memberOf(answer, "KeyVersions"), "KeyVersion");
      const total = memberOf(answer, "TotalCount");
      if (!Array.isArray(items) || typeof total !== "number") throw malformed();
      for (const item of items) {
        const version = textOf(item, "KeyVersionId");
        const made = Date.parse(textOf(item, "CreationDate") ?? "");
        if (version === undefined || Number.isNaN(made) || textOf(item, "KeyId") !== id) {
          throw malformed();
        }
        versions.push({ version, made });
      }
      if (versions.length >= total || items.length === 0) {
        return versions.toSorted((a, b) => b.made - a.made || (a.version < b.version ? 1 : -1));
      }
    }
    throw new CloudError(`${SERVICE} has more versions of the key than can be read`, false);
  }

  /** Asks for the public key of a version (GetPublicKey), as PEM text. Throws {@link CloudError}. */
  async publicKey(id: string, version: string, signal: AbortSignal): Promise<string> {
    const query = { KeyId: id, KeyVersionId: version };
    const answer = await this.#call("GetPublicKey", query, signal);
    const pem = textOf(answer, "PublicKey");
    const own = textOf(answer, "KeyId") === id && textOf(answer, "KeyVersionId") === version;
    if (pem === undefined || !own) throw malformed();
    return pem;
  }

  /** Asks about a certificate (DescribeCertificate): its status, such as `ACTIVE`. Throws {@link CloudError}. */
  async certificateStatus(id: string, signal: AbortSignal): Promise<string> {
    const answer = await this.#call("DescribeCertificate", { CertificateId: id }, signal);
    const status = textOf(answer, "Status");
    if (status === undefined || textOf(answer, "CertificateId") !== id) throw malformed();
    return status;
  }

  /** Asks for a certificate with its chain (GetCertificate), as PEM texts. Throws {@link CloudError}. */
  async certificate(id: string, signal: AbortSignal): Promise<string[]> {
    const answer = await this.#call("GetCertificate", { CertificateId: id }, signal);
    const certificate = textOf(answer, "Certificate");
    if (certificate === undefined || textOf(answer, "CertificateId") !== id) throw malformed();
    const chain = textOf(answer, "CertificateChain");
    return chain === undefined ? [certificate] : [certificate, chain];
  }

  /** Calls with a nonce and a time of its own each, so that none is sent again as it is. */
  async #call(
    action: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { host } = new URL(this.#endpoint);
    const send = async (keys: AlibabaKeys): Promise<string> => {
      const nonce = crypto.randomUUID();
      const date = this.#surroundings.now();
      const call = await signCall({ host, action, version: VERSION, query, nonce, date }, keys);
      return await fetchText({
        service: SERVICE,
        url: `${this.#endpoint}${call.target}`,
        method: "POST",
        headers: call.headers,
        errorCode: jsonErrorCode("Code"),
        passing: PASSING,
      }, signal);
    };
    const isRefused = ({ code = "" }: CloudError): boolean =>
      /^(?:InvalidAccessKeyId|InvalidSecurityToken|SecurityTokenExpired)/.test(code);
    return readObject(await this.#keys.use(signal, isRefused, send), SERVICE);
  }
}

function malformed(): CloudError {
  return new CloudError(`${SERVICE} answers with what is not what was asked for`, false);
}
