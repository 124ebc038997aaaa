/** A cloud that gave no answer, or refused one. No secret is in the message. */
export class CloudError extends Error {
  override readonly name = "CloudError";
  /** Whether asking again may help. */
  readonly transient: boolean;
  /** The HTTP status of a refusal. */
  readonly status: number | undefined;

  constructor(message: string, transient: boolean, status?: number) {
    super(message);
    this.transient = transient;
    this.status = status;
  }
}
