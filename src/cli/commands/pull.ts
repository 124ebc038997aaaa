import { type OpenStore, openStore, resolveSubject } from "../../engine/mod.ts";
import { formatReference, type Reference, repositoryName } from "../../oci/mod.ts";
import { copyImage, LayoutWriter } from "../../stores/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { optionalConfiguration } from "../configuration.ts";
import { withTimeout } from "../deadline.ts";
import { parseImage } from "../image.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { CONFIG, imageArguments, SUBJECT, TIMEOUT } from "../options.ts";
import { printable } from "../text.ts";
import { USER_AGENT } from "../version.ts";

/** The most bytes of one layer, which is in memory for a moment. */
const MAX_BLOB_BYTES = 1024 * 1024 * 1024;
/** How long one exchange with a registry may take, in milliseconds. */
const EXCHANGE_TIMEOUT = 600_000;

/** `assay pull`: images with everything attached, for where there is no network. */
export const pullCommand: Command = {
  name: "pull",
  summary: "Copy images with everything attached into OCI image layouts",
  argument: "IMAGE...",
  description:
    `Copies images from their registries into folders that are OCI image layouts, one for each repository:
\`DIR/registry/repository\`. With an image comes what is attached to it and to that, three levels deep, also under
the tags of cosign. Nothing is verified but digests. What is there already is not fetched again, so that a copy that
was broken off goes on.

A Store that has these images is printed, for \`assay verify --config\` or a cluster.`,
  options: [
    SUBJECT,
    {
      name: "to",
      value: "DIR",
      description: "The folder of the layouts, at or below `/var/lib/assay`.",
    },
    {
      name: "at",
      value: "DIR",
      description:
        "Where that folder will be when the Store that is printed is used; where it is now when absent.",
    },
    {
      name: "signatures-only",
      description:
        "Leave out configurations and layers of the images themselves: enough to verify, not to run.",
    },
    CONFIG,
    { ...TIMEOUT, default: "1h" },
  ],
  examples: [
    "assay pull registry.example.com/app:v1 --to /var/lib/assay/images > store.yaml",
    "assay pull registry.example.com/app:v1 --to /var/lib/assay/images --at /mnt/images --signatures-only",
  ],
  exits: {
    0: "All images are there, with everything attached.",
    2: "The arguments or the configuration are wrong, or the folder cannot be written.",
    3: "An image, or something attached to it, could not be read.",
  },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  const to = invocation.text("to")?.replace(/\/+$/, "");
  if (to === undefined || to === "") throw usage(pullCommand, "name a folder with --to");
  const images = imageArguments(pullCommand, invocation).map((text) => parseImage(text, undefined));
  const local = images.find(({ layout }) => layout !== undefined);
  if (local !== undefined) {
    throw usage(pullCommand, `${JSON.stringify(local.text)} is in a layout already`);
  }
  const configuration = await optionalConfiguration(invocation.texts("config"), io);
  const configured = configuration?.forScope("").stores ?? [undefined];
  using opened = new DisposableStack();
  const stores = configured.map((one): OpenStore["store"] => {
    const { store, close } = openStore(one, {
      userAgent: USER_AGENT,
      env: io.env,
      exchangeTimeout: EXCHANGE_TIMEOUT,
    });
    if (close !== undefined) opened.defer(close);
    return store;
  });
  const repositories = new Map<string, string>();
  await withTimeout(pullCommand, invocation, async (signal) => {
    for (const { name, reference } of images) {
      const folder = folderOf(reference);
      const { store, subject } = await resolveSubject(name, reference, stores, { signal });
      const writer = await LayoutWriter.open(`${to}/${folder}`, signal);
      const { digest, contents, attached, bytes, withheld } = await copyImage(
        store,
        { reference, descriptor: subject.descriptor },
        writer,
        {
          signal,
          signaturesOnly: invocation.flag("signatures-only"),
          maxBlobBytes: MAX_BLOB_BYTES,
        },
      );
      await writer.save();
      repositories.set(repositoryName(reference), folder);
      const left = withheld === 0 ? "" : `, ${withheld} layers left out: not to be distributed`;
      io.err(
        printable(
          `${
            formatReference(reference)
          } ${digest}: ${contents} contents, ${attached} attached, ${bytes} bytes fetched${left}`,
        ),
      );
    }
  });
  await printStore(repositories, (invocation.text("at") ?? to).replace(/\/+$/, ""), io);
  return 0;
}

async function printStore(
  folders: ReadonlyMap<string, string>,
  directory: string,
  io: Io,
): Promise<void> {
  const { stringify } = await import("yaml");
  const repositories = Object.fromEntries(
    [...folders].map(([name, folder]) => [name, `${directory}/${folder}`]),
  );
  const store = {
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "Store",
    metadata: { name: "images" },
    spec: { name: "oci-layout", parameters: { cosignEnabled: true, repositories } },
  };
  io.out(stringify(store, { lineWidth: 0 }).trimEnd());
}

/** A folder for each repository, as tags are of one. A port is separated by `_`. */
function folderOf({ registry, repository }: Reference): string {
  return `${registry.toLowerCase().replace(/[^a-z0-9.-]/g, "_").replace(/^\./, "_")}/${repository}`;
}
