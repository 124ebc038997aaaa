import { ImageVerification, JointVerification } from "../../engine/mod.ts";
import { AssayError } from "../../errors.ts";
import type { RecordFile } from "../../records/mod.ts";
import type { ImageReport } from "../../report/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { requireConfiguration } from "../configuration.ts";
import { withTimeout } from "../deadline.ts";
import { checkExpectedDigest, type ImageArgument, parseImage } from "../image.ts";
import { ImageStores } from "../image_stores.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { createLazyRevocation } from "../lazy_revocation.ts";
import {
  ARTIFACT_TYPE,
  CONFIG,
  imageArguments,
  readTenancy,
  SUBJECT,
  TENANCY,
  TIMEOUT,
} from "../options.ts";
import { createLazyPlugins, PLUGIN_OPTIONS } from "../plugins.ts";
import { renderJson } from "../render_json.ts";
import { renderText } from "../render_text.ts";
import type { ArtifactStore } from "../../stores/mod.ts";
import { parseTime } from "../../trust/mod.ts";

/** `assay verify`: the verdict on images, explained. */
export const verifyCommand: Command = {
  name: "verify",
  summary: "Verify images and explain the verdict",
  argument: "IMAGE...",
  description:
    `Finds what is attached to each image, verifies it as the configured resources say, and prints the
verdict: allow, deny, or undecided when the truth could not be found out.

\`IMAGE\` is a registry reference, or an image in an OCI image layout on disk: \`oci:DIR@sha256:…\` or
\`oci:DIR:TAG\`. Without \`--as\` an image in a layout has no name, so that only policies with the scope \`*\`
apply to it.`,
  options: [
    SUBJECT,
    CONFIG,
    {
      name: "namespace",
      short: "n",
      value: "NAME",
      description: "Use the resources that apply in this namespace.",
    },
    TENANCY,
    {
      name: "as",
      value: "REFERENCE",
      description: "The name of the image, which scopes of policies are matched against.",
    },
    TIMEOUT,
    {
      name: "at",
      value: "TIME",
      description:
        "Judge as of this time (RFC 3339, such as `2026-01-31T12:00:00Z`) instead of now.",
    },
    {
      name: "output",
      short: "o",
      value: "FORMAT",
      default: "text",
      description: "`text`, or `json` for one object per image and line.",
    },
    ARTIFACT_TYPE,
    {
      name: "record",
      value: "FILE",
      description:
        "Write what each verdict rests on, for `assay replay`: one JSON object a line, and content by digest in the folder `content` beside it. At or below `/var/lib/assay`.",
    },
    ...PLUGIN_OPTIONS,
    { name: "silent", description: "Print no verdict; the exit status tells it." },
  ],
  examples: [
    "assay verify registry.example.com/app:v1 --config policies/",
    "assay verify oci:image:v1 --config policies/ --as registry.example.com/app:v1",
    "assay verify oci:image:v1 --config policies/ --output json",
  ],
  exits: {
    0: "All images are allowed.",
    1: "At least one image is denied.",
    2: "The arguments or the configuration are wrong; nothing is on standard output.",
    3: "At least one image is undecided, and none is denied.",
  },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  const output = invocation.text("output");
  if (output !== "text" && output !== "json") {
    throw usage(verifyCommand, `--output must be text or json; found ${JSON.stringify(output)}`);
  }
  const now = parseAt(invocation.text("at")) ?? io.now();
  const texts = imageArguments(verifyCommand, invocation);
  const as = invocation.text("as");
  if (as !== undefined && texts.length > 1) {
    throw usage(verifyCommand, "--as goes with one image only");
  }
  const images = texts.map((text) => parseImage(text, as));
  for (const image of images) checkExpectedDigest(image, image.reference.digest);
  const configuration = await requireConfiguration(invocation.texts("config"), io, {
    fetchesKeys: true,
    tenancy: readTenancy(verifyCommand, invocation),
  });

  const scope = invocation.text("namespace") ?? "";
  const artifactTypes = invocation.texts("artifactType");
  using opened = new DisposableStack();
  const scopes = configuration.scopesOf(scope).map((one) => ({
    scope: one,
    stores: opened.use(new ImageStores(configuration, one, io)),
  }));
  const plugins = createLazyPlugins(invocation, io);
  const record = await openRecord(invocation.text("record"));
  await using revocation = createLazyRevocation(
    io.env("ASSAY_ALLOW_LOOPBACK_REVOCATION") === "1",
  );

  const reports = await withTimeout(verifyCommand, invocation, async (signal) => {
    const all: (readonly [ImageArgument, ImageReport])[] = [];
    for (const image of images) {
      const { name, reference, repository } = image;
      const verification = new JointVerification(scopes.map(({ scope, stores }) => {
        const request = {
          name,
          reference,
          repository,
          scope,
          ...(artifactTypes.length > 0 ? { artifactTypes } : {}),
        };
        const recording = record?.start({ request, configuration, now });
        const open = async (): Promise<readonly ArtifactStore[]> => {
          const opened = await stores.open(image, signal);
          return recording === undefined ? opened : opened.map(recording.store);
        };
        const verification = new ImageVerification({ ...request, stores: open }, configuration, {
          signal,
          now,
          revocation: recording === undefined ? revocation : recording.revocation(revocation),
          plugins: recording === undefined ? plugins : recording.plugins(plugins),
        });
        return { scope, verification, done: recording?.done };
      }));
      const report = await verification.run();
      all.push([image, report]);
    }
    return all;
  });
  await record?.save();
  for (const [image, report] of reports) checkExpectedDigest(image, report.digest);
  if (!invocation.flag("silent")) print(reports, output, io);
  return exitStatus(reports.map(([, report]) => report));
}

/** Loaded when it is asked for: no other run pays for it. */
async function openRecord(path: string | undefined): Promise<RecordFile | undefined> {
  if (path === undefined) return undefined;
  const { RecordFile } = await import("../../records/mod.ts");
  return new RecordFile(path);
}

function print(
  reports: readonly (readonly [ImageArgument, ImageReport])[],
  output: "text" | "json",
  io: Io,
): void {
  for (const [index, [image, report]] of reports.entries()) {
    if (output === "json") {
      io.out(renderJson(image.text, report, { traceId: crypto.randomUUID(), timestamp: io.now() }));
      continue;
    }
    if (index > 0) io.out("");
    for (const line of renderText(image.text, report, io.colour)) io.out(line);
  }
}

function exitStatus(reports: readonly ImageReport[]): number {
  const verdicts = new Set(reports.map((report) => report.verdict.verdict));
  return verdicts.has("deny") ? 1 : verdicts.has("undecided") ? 3 : 0;
}

function parseAt(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const seconds = parseTime(text);
  if (seconds !== undefined) return new Date(seconds * 1000);
  throw new AssayError({
    code: "USAGE_INVALID",
    component: "commandLine",
    message: `--at must be an RFC 3339 time such as 2026-01-31T12:00:00Z; found ${
      JSON.stringify(text)
    }`,
  });
}
