import { type Bytes, concatBytes, decodeUtf8, FormatError, parseJson } from "../crypto/mod.ts";
import { PluginError, type PluginRequest, type VerificationPlugin } from "../verifiers/mod.ts";

/** The most bytes of each stream of a plugin. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;

/** How long a plugin may run for one answer. */
const TIMEOUT_MS = 10_000;

/** What a plugin finds in its environment: no secret of ours, and the same everywhere. */
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8" };

/** Codes of the protocol that refuse; the others say that something was in the way. */
const REFUSALS = ["VALIDATION_ERROR", "UNSUPPORTED_CONTRACT_VERSION"];
const PASSING = ["TIMEOUT", "THROTTLED"];

/**
 * A verification plugin that is a program (Notation plugin protocol, contract 1.0): a command as argument,
 * a JSON request on standard input, a JSON answer on standard output.
 */
export class ProcessPlugin implements VerificationPlugin {
  readonly #path: string;
  readonly #timeoutMs: number;

  /** @param path the program's absolute path. */
  constructor(path: string, timeoutMs = TIMEOUT_MS) {
    this.#path = path;
    this.#timeoutMs = timeoutMs;
  }

  /** See {@link VerificationPlugin}. */
  metadata(signal: AbortSignal): Promise<unknown> {
    return this.#run("get-plugin-metadata", {}, signal);
  }

  /** See {@link VerificationPlugin}. */
  verify(request: PluginRequest, signal: AbortSignal): Promise<unknown> {
    return this.#run("verify-signature", request, signal);
  }

  async #run(command: string, request: unknown, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), this.#timeoutMs);
    try {
      const both = AbortSignal.any([signal, limit.signal]);
      const { success, output, error } = await this.#execute(command, request, both);
      signal.throwIfAborted();
      if (limit.signal.aborted) {
        const seconds = this.#timeoutMs / 1000;
        throw new PluginError(`has not answered within ${seconds} s`, "transient");
      }
      if (success) return parseAnswer(output);
      throw describeFailure(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #execute(
    command: string,
    request: unknown,
    signal: AbortSignal,
  ): Promise<{ readonly success: boolean; readonly output: Bytes; readonly error: Bytes }> {
    let child: Deno.ChildProcess;
    try {
      child = new Deno.Command(this.#path, {
        args: [command],
        clearEnv: true,
        env: ENVIRONMENT,
        cwd: "/",
        stdin: "piped",
        stdout: "piped",
        stderr: "piped",
      }).spawn();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new PluginError(`could not be started: ${why}`, "lasting");
    }
    const kill = (): void => {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended already.
      }
    };
    signal.addEventListener("abort", kill, { once: true });
    if (signal.aborted) kill();
    try {
      const [output, error, status] = await Promise.all([
        readAll(child.stdout, kill, signal),
        readAll(child.stderr, kill, signal),
        child.status,
        write(child.stdin, JSON.stringify(request), signal),
      ]);
      if (output === undefined || error === undefined) {
        throw new PluginError(`wrote more than ${MAX_OUTPUT_BYTES} bytes`, "lasting");
      }
      return { success: status.success, output, error };
    } finally {
      signal.removeEventListener("abort", kill);
    }
  }
}

/** A program that does not read what it is given, or has ended, is not wrong for that. */
async function write(
  stream: WritableStream<Uint8Array>,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const writer = stream.getWriter();
  const stop = (): void => void writer.abort().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch {
    // The answer tells.
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * All bytes of a stream until the signal fires: what a program has started may keep the stream open after
 * its own end. Undefined when there are too many: then the program is stopped.
 */
async function readAll(
  stream: ReadableStream<Uint8Array>,
  kill: () => void,
  signal: AbortSignal,
): Promise<Bytes | undefined> {
  const reader = stream.getReader();
  const stop = (): void => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", stop, { once: true });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      length += part.value.length;
      if (length > MAX_OUTPUT_BYTES) {
        kill();
        await reader.cancel();
        return undefined;
      }
      chunks.push(part.value.slice());
    }
  } finally {
    signal.removeEventListener("abort", stop);
  }
  return concatBytes(...chunks);
}

function parseAnswer(output: Bytes): unknown {
  try {
    return parseJson(decodeUtf8(output)).value;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new PluginError(`has answered what is not JSON: ${error.message}`, "lasting");
  }
}

/** `{"errorCode", "errorMessage"}` on standard error. */
function describeFailure(error: Bytes): PluginError {
  let code = "";
  let message = "";
  try {
    const { value } = parseJson(decodeUtf8(error));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      const { errorCode, errorMessage } = value as Record<string, unknown>;
      code = typeof errorCode === "string" ? errorCode.slice(0, 100) : "";
      message = typeof errorMessage === "string" ? errorMessage.slice(0, 500) : "";
    }
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
  }
  const said = code === "" ? "failed without saying why" : `failed with ${code}: ${message}`;
  const kind = REFUSALS.includes(code)
    ? "refuses"
    : PASSING.includes(code)
    ? "transient"
    : "lasting";
  return new PluginError(said, kind);
}
