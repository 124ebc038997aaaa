import { encodeUtf8, hash, toHex } from "../crypto/mod.ts";
import { whyUnreadable } from "../keys/mod.ts";
import { createRegoPolicy, type PolicyProvider, type RegoProblem } from "../policy/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import { expandHome, type VerifierEnvironment } from "./compile_notation.ts";
import type { Path } from "./document.ts";
import { NAMES_FILES } from "./plugin_fields.ts";
import { regoInterpreter } from "./rego_interpreter.ts";
import { regoPolicyParameters } from "./schema/policy.ts";
import { validate } from "./validate.ts";

const MAX_MODULE_BYTES = 256 * 1024;
const TOO_LARGE = `the module must have at most ${MAX_MODULE_BYTES} bytes`;

/** A module, and where it was written. */
interface Written {
  readonly source: string;
  /** The parameter that has it, or names its file. */
  readonly at: Path;
  /** The file, where it is in one. */
  readonly file: string | undefined;
}

/** Compiles a policy of the type `rego-policy`; undefined, with problems, when it is wrong. */
export async function compileRegoPolicy(
  candidate: Candidate,
  environment: Pick<VerifierEnvironment, "home" | "inputs">,
  problems: ProblemList,
): Promise<PolicyProvider | undefined> {
  if (candidate.parameters === undefined) return undefined; // the schema of the spec has said so
  const parameters = validate(regoPolicyParameters, candidate.parameters);
  if (!parameters.ok) {
    problems.issues(candidate, candidate.parametersPath, parameters.issues);
    return undefined;
  }
  const { policy, policyPath, passthroughEnabled } = parameters.value;
  const written = await readModule(candidate, { policy, policyPath }, environment, problems);
  if (written === undefined) return undefined;
  const { source, at, file } = written;
  const result = createRegoPolicy(await regoInterpreter(), {
    source,
    passthrough: passthroughEnabled,
  });
  const report = ({ message, place }: RegoProblem, severity: "error" | "warning"): void => {
    const where = file === undefined
      ? ""
      : place === undefined
      ? `${file}: `
      : `${file}:${place.line}:${place.column}: `;
    problems.of(candidate, at, `${where}${message}`, {
      severity,
      ...(file === undefined && place !== undefined ? { within: place } : {}),
    });
  };
  if ("problems" in result) {
    for (const problem of result.problems) report(problem, "error");
    return undefined;
  }
  if (result.syntax === "v0") {
    const message =
      "is in the syntax of before Rego version 1, and read so; `import rego.v1` makes it that of version 1";
    report({ message, place: undefined }, "warning");
  }
  return result.policy;
}

async function readModule(
  candidate: Candidate,
  { policy, policyPath }: { policy?: string | undefined; policyPath?: string | undefined },
  environment: Pick<VerifierEnvironment, "home" | "inputs">,
  problems: ProblemList,
): Promise<Written | undefined> {
  const path = policyPath ?? "";
  const at = [...candidate.parametersPath, policy ? "policy" : "policyPath"];
  if (path !== "" && candidate.scope !== "") {
    const named = [...candidate.parametersPath, "policyPath"];
    problems.of(candidate, named, NAMES_FILES, { atKey: true });
    return undefined;
  }
  if (!policy && path === "") {
    problems.of(candidate, candidate.parametersPath, "must have policy or policyPath");
    return undefined;
  }
  const file = policy ? undefined : expandHome(path, environment.home);
  const read = policy ? { source: policy } : await readFile(file ?? "");
  const { source = "" } = read;
  const problem = read.problem ??
    (source.length > MAX_MODULE_BYTES
      ? TOO_LARGE
      : source.trim() === ""
      ? "the module is empty"
      : undefined);
  if (problem !== undefined) {
    problems.of(candidate, at, problem);
    return undefined;
  }
  if (file !== undefined) {
    const digest = toHex(hash("SHA-256", encodeUtf8(source)));
    environment.inputs.push(JSON.stringify([candidate.label, "policyPath", digest]));
  }
  return { source, at, file };
}

async function readFile(
  path: string,
): Promise<{ readonly problem?: string; readonly source?: string }> {
  try {
    const { size } = await Deno.stat(path);
    return size > MAX_MODULE_BYTES
      ? { problem: TOO_LARGE }
      : { source: await Deno.readTextFile(path) };
  } catch (error) {
    return { problem: `names a Rego module that cannot be read: ${whyUnreadable(error)}` };
  }
}
