/** The members of an object that was read from a file. */
export type Members = Readonly<Record<string, unknown>>;

/** Whether a value of a file is an object. */
export function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
