import type { Command, Invocation } from "./command.ts";
import { parseDuration } from "./duration.ts";
import { usage } from "./invocation.ts";

/** Runs work with a deadline of `--timeout`; the timer ends with the work. */
export async function withTimeout<T>(
  command: Pick<Command, "name">,
  invocation: Invocation,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const text = invocation.text("timeout") ?? "";
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined) {
    throw usage(
      command,
      `--timeout must be a duration such as 30s or 1m30s; found ${JSON.stringify(text)}`,
    );
  }
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), milliseconds);
  if (milliseconds < 1) controller.abort(); // timers count whole milliseconds; this time is over now
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
}
