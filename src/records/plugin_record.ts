import { encodeUtf8, hash, toHex } from "../crypto/mod.ts";
import { canonicalJson } from "../resources/mod.ts";
import { PluginError, type PluginHost, type PluginRequest } from "../verifiers/mod.ts";
import type { RecordedPlugin, RecordedPluginAnswer } from "./record.ts";

/** The host, where what its plugins answer is noted by their names. */
export function notingPlugins(host: PluginHost, noted: Map<string, RecordedPlugin>): PluginHost {
  return {
    find: async (name) => {
      const record: RecordedPlugin = noted.get(name) ?? { name, verify: {} };
      noted.set(name, record);
      const plugin = await host.find(name);
      if (typeof plugin === "string") {
        record.absent = plugin;
        return plugin;
      }
      return {
        metadata: (signal) =>
          noting(() => plugin.metadata(signal), (answer) => record.metadata = answer),
        verify: (request, signal) =>
          noting(
            () => plugin.verify(request, signal),
            (answer) => record.verify[keyOf(request)] = answer,
          ),
      };
    },
  };
}

/** Plugins that answer as they did; `missing` is told of what they were not asked then. */
export function recordedPlugins(
  recorded: readonly RecordedPlugin[],
  missing: (what: string) => void,
): PluginHost {
  const known = new Map(recorded.map((plugin) => [plugin.name, plugin]));
  return {
    find: (name) => {
      const plugin = known.get(name);
      if (plugin?.absent !== undefined) return Promise.resolve(plugin.absent);
      const answer = (noted: RecordedPluginAnswer | undefined): Promise<unknown> => {
        if (noted === undefined) {
          missing(`what plugin ${name} answers`);
          return Promise.reject(new PluginError("the record does not have its answer", "lasting"));
        }
        if ("answer" in noted) return Promise.resolve(noted.answer);
        const kind = noted.refuses ? "refuses" : noted.transient ? "transient" : "lasting";
        return Promise.reject(new PluginError(noted.error, kind));
      };
      return Promise.resolve({
        metadata: () => answer(plugin?.metadata),
        verify: (request) => answer(plugin?.verify[keyOf(request)]),
      });
    },
  };
}

function keyOf(request: PluginRequest): string {
  return toHex(hash("SHA-256", encodeUtf8(canonicalJson(request))));
}

async function noting(
  ask: () => Promise<unknown>,
  note: (answer: RecordedPluginAnswer) => void,
): Promise<unknown> {
  try {
    const answer = await ask();
    note({ answer: JSON.parse(JSON.stringify(answer)) });
    return answer;
  } catch (error) {
    if (error instanceof PluginError) {
      const { message, refuses, transient } = error;
      note({ error: message, refuses, transient });
    }
    throw error;
  }
}
