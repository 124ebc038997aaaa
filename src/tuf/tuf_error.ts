/** What is wrong with a repository, by kind. */
export type TufProblem =
  | "malformed"
  | "signature"
  | "expired"
  | "rollback"
  | "content"
  | "unavailable";

/** Why an update was not taken. The message names the file. */
export class TufError extends Error {
  override readonly name = "TufError";
  readonly problem: TufProblem;

  constructor(problem: TufProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.problem = problem;
  }
}
