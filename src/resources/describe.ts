/** A text in quotes, cut where it is long. */
export function quote(text: string, maxLength = 60): string {
  return JSON.stringify(text.length > maxLength ? `${text.slice(0, maxLength)}…` : text);
}

/**
 * A value that was found, in a message: the kind of a list or an object, the beginning of a text.
 * PEM text is never repeated, since it may be a key.
 */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "nothing (null)";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return String(value);
  return value.includes("-----") ? "PEM text" : quote(value);
}
