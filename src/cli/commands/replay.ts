import { AssayError } from "../../errors.ts";
import type { Replay, VerificationRecord } from "../../records/mod.ts";
import type { Configuration } from "../../resources/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { requireConfiguration } from "../configuration.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { CONFIG } from "../options.ts";
import { printable } from "../text.ts";

/** `assay replay`: which recorded verdicts another configuration would change. */
export const replayCommand: Command = {
  name: "replay",
  summary: "Tell which recorded verdicts a configuration would change",
  argument: "RECORD...",
  description:
    `Repeats recorded verifications under another configuration, each as of the time at which it was
recorded, and tells which verdicts would be others. \`RECORD\` is a file written by \`verify --record\`, or a
folder written by \`serve --record-dir\`. No registry, responder, log or plugin is asked: what the record does
not have, such as content that no verifier read then, makes the new verdict UNKNOWN.`,
  options: [
    CONFIG,
    { name: "all", description: "Tell of verdicts that stay the same too." },
    {
      name: "output",
      short: "o",
      value: "FORMAT",
      default: "text",
      description: "`text`, or `json` for one object per record and line.",
    },
  ],
  examples: ["assay replay records.jsonl --config policies/"],
  exits: {
    0: "All verdicts stay the same.",
    1: "At least one verdict would change.",
    2: "The arguments, the configuration or a record are wrong.",
    3: "At least one new verdict is unknown, and none would change.",
  },
  run,
};

/** How many records are repeated at once, and how many are read ahead for that. */
const PARALLEL = 16;
const BATCH = 256;

async function run(invocation: Invocation, io: Io): Promise<number> {
  const output = invocation.text("output");
  if (output !== "text" && output !== "json") {
    throw usage(replayCommand, `--output must be text or json; found ${JSON.stringify(output)}`);
  }
  if (invocation.positionals.length === 0) throw usage(replayCommand, "name a record");
  const configuration = await requireConfiguration(invocation.texts("config"), io, {
    fetchesKeys: true,
    askLog: (url) => Promise.reject(notAsked(url)),
  });
  // Loaded when it is asked for: no other command pays for it.
  const records = await import("../../records/mod.ts");
  const { whyOf } = records;
  const counts = { same: 0, changed: 0, unknown: 0 };
  for (const path of invocation.positionals) {
    for await (const replay of replayAll(records, path, configuration)) {
      const outcome = outcomeOf(replay);
      counts[outcome]++;
      if (outcome === "same" && !invocation.flag("all")) continue;
      const reasons = { before: whyOf(replay.record), after: whyOf(replay) };
      if (output === "json") io.out(renderJson(replay, reasons.after, outcome));
      else for (const line of renderText(replay, reasons, outcome)) io.out(line);
    }
  }
  const total = counts.same + counts.changed + counts.unknown;
  const summary =
    `${total} records: ${counts.same} same, ${counts.changed} changed, ${counts.unknown} unknown`;
  if (output === "text") io.out(summary);
  else io.err(summary);
  return counts.changed > 0 ? 1 : counts.unknown > 0 ? 3 : 0;
}

type Outcome = "same" | "changed" | "unknown";

function outcomeOf({ verdict, record }: Replay): Outcome {
  return verdict === "unknown" ? "unknown" : verdict === record.verdict ? "same" : "changed";
}

async function* replayAll(
  { findRecords, readRecords, replayRecord }: typeof import("../../records/mod.ts"),
  path: string,
  configuration: Configuration,
): AsyncGenerator<Replay> {
  const { ContentDisk, mapBounded } = await import("../../engine/mod.ts");
  const { files, contentFolder } = await findRecords(path);
  const content = new ContentDisk({ folder: contentFolder, maxBytes: 0 });
  const { signal } = new AbortController();
  const flush = (batch: readonly VerificationRecord[]): Promise<Replay[]> =>
    mapBounded(
      batch,
      PARALLEL,
      (record) =>
        replayRecord(record, configuration, (digest, size) => content.read(digest, size), signal),
    );
  for (const file of files) {
    let batch: VerificationRecord[] = [];
    for await (const record of readRecords(file)) {
      batch.push(record);
      if (batch.length < BATCH) continue;
      yield* await flush(batch);
      batch = [];
    }
    yield* await flush(batch);
  }
}

function renderJson(replay: Replay, why: string, outcome: Outcome): string {
  const { record, verdict, cause } = replay;
  const { name, digest, scope, time } = record;
  return JSON.stringify({
    outcome,
    image: name,
    ...(digest === undefined ? {} : { digest }),
    ...(scope === "" ? {} : { namespace: scope }),
    time,
    before: record.verdict,
    after: verdict,
    ...(cause === undefined ? {} : { error: cause.code }),
    why,
  });
}

function renderText(
  { record, verdict }: Replay,
  reasons: { readonly before: string; readonly after: string },
  outcome: Outcome,
): string[] {
  const place = record.scope === "" ? "" : ` (namespace ${record.scope})`;
  const [before, after] = [record.verdict.toUpperCase(), verdict.toUpperCase()];
  const change = outcome === "same" ? before : `${before} -> ${after}`;
  return [
    `${change}  ${printable(record.name)}${printable(place)}`,
    ...(record.digest === undefined ? [] : [`  digest  ${record.digest}`]),
    `  as of   ${record.time}`,
    `  before  ${printable(reasons.before)}`,
    ...(outcome === "same" ? [] : [`  after   ${printable(reasons.after)}`]),
    "",
  ];
}

function notAsked(url: URL): AssayError {
  return new AssayError({
    code: "LOG_UNAVAILABLE",
    component: "verifier",
    message: `The log ${url.origin} is not asked in a replay`,
    transient: false,
  });
}
