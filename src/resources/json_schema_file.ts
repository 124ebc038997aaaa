import { decodeUtf8, FormatError, type JsonValue, parseJson } from "../crypto/mod.ts";
import { whyUnreadable } from "../keys/mod.ts";
import { type CompiledSchema, compileSchema } from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { expandHome, type VerifierEnvironment } from "./compile_notation.ts";
import type { Path } from "./document.ts";
import { NAMES_FILES } from "./plugin_fields.ts";

const MAX_SCHEMA_BYTES = 4 * 1024 * 1024;

/** The path that a `file:` address or a path names; undefined for any other address. */
export function schemaPath(text: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(text)) return text;
  const url = URL.parse(text);
  const isLocal = url?.protocol === "file:" && url.host === "" && !text.includes("%");
  return isLocal ? url.pathname : undefined;
}

/**
 * Makes a JSON schema ready that a verifier names, or has written into it. The network is not asked:
 * whoever answers there would decide what an image may be.
 *
 * @returns undefined, with problems, when it cannot be used.
 */
export async function compileJsonSchema(
  candidate: Candidate,
  at: Path,
  value: string | Readonly<Record<string, unknown>>,
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<CompiledSchema | undefined> {
  const schema = typeof value === "string"
    ? await readSchema(candidate, at, value, environment, problems)
    : value as JsonValue;
  if (schema === undefined) return undefined;
  const compiled = compileSchema(schema);
  if (typeof compiled !== "string") return compiled;
  problems.of(candidate, at, compiled);
  return undefined;
}

async function readSchema(
  candidate: Candidate,
  at: Path,
  address: string,
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<JsonValue | undefined> {
  const path = schemaPath(address);
  if (path === undefined) {
    const text =
      "must be the path of a file, file:///path, or the schema itself: schemas are not fetched";
    problems.of(candidate, at, text);
    return undefined;
  }
  if (candidate.scope !== "") {
    problems.of(candidate, at, NAMES_FILES);
    return undefined;
  }
  const read = await readFile(expandHome(path, environment.home));
  if (typeof read.problem === "string") {
    problems.of(candidate, at, `names a JSON schema that cannot be read: ${read.problem}`);
    return undefined;
  }
  environment.inputs.push(JSON.stringify([candidate.name, path, read.schema]));
  return read.schema;
}

async function readFile(
  path: string,
): Promise<{ readonly problem?: string; readonly schema?: JsonValue }> {
  try {
    const { size } = await Deno.stat(path);
    if (size > MAX_SCHEMA_BYTES) return { problem: `it has more than ${MAX_SCHEMA_BYTES} bytes` };
    return { schema: parseJson(decodeUtf8(await Deno.readFile(path))).value };
  } catch (error) {
    return { problem: error instanceof FormatError ? error.message : whyUnreadable(error) };
  }
}
