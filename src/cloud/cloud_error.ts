/** A cloud that gave no answer, or refused one. No secret is in the message. */
export class CloudError extends Error {
  override readonly name = "CloudError";
  /** Whether asking again may help. */
  readonly transient: boolean;

  constructor(message: string, transient: boolean) {
    super(message);
    this.transient = transient;
  }
}
