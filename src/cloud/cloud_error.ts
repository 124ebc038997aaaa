/** What is known of a refusal, beside the message. */
export interface Refusal {
  /** The HTTP status. */
  readonly status: number;
  /** The error code in the body, where one was found that is a code. */
  readonly code?: string;
  /** What a refusal with 401 says in `WWW-Authenticate`. */
  readonly challenge?: string;
}

/** A cloud that gave no answer, or refused one. No secret is in the message. */
export class CloudError extends Error {
  override readonly name = "CloudError";
  /** Whether asking again may help. */
  readonly transient: boolean;
  /** The HTTP status of a refusal. */
  readonly status: number | undefined;
  /** The error code of a refusal. */
  readonly code: string | undefined;
  /** The challenge of a refusal; no part of what is printed. */
  readonly #challenge: string | undefined;

  constructor(message: string, transient: boolean, refusal?: Refusal) {
    super(message);
    this.transient = transient;
    this.status = refusal?.status;
    this.code = refusal?.code;
    this.#challenge = refusal?.challenge;
  }

  /** What a refusal with 401 says in `WWW-Authenticate`. */
  get challenge(): string | undefined {
    return this.#challenge;
  }
}
