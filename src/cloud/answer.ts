/** Reads what services of clouds answer, and what configures their addresses. Nothing of it is quoted: it holds secrets. */

import { parseJson } from "../crypto/mod.ts";
import { CloudError } from "./cloud_error.ts";

/** The members of an answer that is a JSON object. Throws {@link CloudError}. */
export function readObject(text: string, service: string): Readonly<Record<string, unknown>> {
  const object = objectOf(text);
  if (object === undefined) {
    throw new CloudError(`${service} answers with what is not a JSON object`, false);
  }
  return object;
}

/** An own member that is a text and not empty; undefined for anything else. */
export function textOf(value: unknown, name: string): string | undefined {
  const found = memberOf(value, name);
  return typeof found === "string" && found !== "" ? found : undefined;
}

/** An own member of an object; undefined for anything else. */
export function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** Finds error codes in bodies of refusals that are JSON: the first of these members. */
export function jsonErrorCode(...names: readonly string[]): (text: string) => string | undefined {
  return (text) => {
    const object = objectOf(text);
    return names.map((name) => textOf(object, name)).find((found) => found !== undefined);
  };
}

/**
 * The address of a service, from a setting: https, or http on this machine, where tests and agents are. It
 * ends without a slash.
 *
 * @throws {CloudError} when it is none.
 */
export function serviceAddress(setting: string, text: string): string {
  const url = URL.parse(text);
  const safe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(url.hostname));
  if (url === null || !safe || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new CloudError(`${setting} is not an https address`, false);
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}

/** Reads a file with the token of an identity. Throws {@link CloudError}; nothing of the token is in it. */
export async function readToken(
  path: string,
  readText: (path: string) => Promise<string>,
): Promise<string> {
  let text: string;
  try {
    text = (await readText(path)).trim();
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "is missing" : "cannot be read";
    throw new CloudError(`The token file ${JSON.stringify(path)} ${why}`, false);
  }
  if (!/^[\x21-\x7e]+$/.test(text)) {
    throw new CloudError(`The token file ${JSON.stringify(path)} holds no token`, false);
  }
  return text;
}

/** The value of a setting that must be there. Throws {@link CloudError}. */
export function required(name: string, value: string | undefined): string {
  if (value === undefined || value === "") throw new CloudError(`${name} is not set`, false);
  return value;
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const { value } = parseJson(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? value as Readonly<Record<string, unknown>>
      : undefined;
  } catch {
    return undefined; // what is wrong with it may quote it
  }
}
