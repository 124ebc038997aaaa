import type { Descriptor } from "../../oci/mod.ts";
import type { ArtifactStore, Referrer, Subject } from "../../stores/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { optionalConfiguration } from "../configuration.ts";
import { withTimeout } from "../deadline.ts";
import { type ImageArgument, parseImage } from "../image.ts";
import { usage } from "../invocation.ts";
import { ImageStores } from "../image_stores.ts";
import type { Io } from "../io.ts";
import { ARTIFACT_TYPE, CONFIG, imageArgument, SUBJECT, TIMEOUT } from "../options.ts";
import { printable } from "../text.ts";

/** How deep artifacts that are attached to artifacts are followed. */
const MAX_DEPTH = 3;

/** `assay discover`: what is attached to an image. */
export const discoverCommand: Command = {
  name: "discover",
  summary: "Show what is attached to an image",
  argument: "IMAGE",
  description:
    `Lists the artifacts attached to an image, and what is attached to those, ${MAX_DEPTH} levels deep. Nothing is
verified.`,
  options: [
    SUBJECT,
    CONFIG,
    TIMEOUT,
    {
      name: "output",
      short: "o",
      value: "FORMAT",
      default: "tree",
      description: "`tree`, or `json` for one object.",
    },
    {
      name: "flat",
      description: "Print one JSON array per store with all artifacts, as scripts of old expect.",
    },
    ARTIFACT_TYPE,
  ],
  examples: ["assay discover oci:image:v1", "assay discover oci:image:v1 --output json"],
  exits: {
    0: "The listing is on standard output.",
    2: "The arguments or the configuration are wrong.",
    3: "The image or what is attached to it could not be read.",
  },
  run,
};

interface Node {
  readonly referrer: Referrer;
  readonly children: readonly Node[];
}

async function run(invocation: Invocation, io: Io): Promise<number> {
  const output = invocation.text("output");
  if (output !== "tree" && output !== "json") {
    throw usage(discoverCommand, `--output must be tree or json; found ${JSON.stringify(output)}`);
  }
  const image = parseImage(imageArgument(discoverCommand, invocation), undefined);
  const configuration = await optionalConfiguration(invocation.texts("config"), io);
  const types = new Set(invocation.texts("artifactType"));
  using stores = new ImageStores(configuration, "", io);
  return await withTimeout(discoverCommand, invocation, async (signal) => {
    const { store, subject } = await stores.find(image, signal);
    const nodes = await discover(store, subject, types, signal, MAX_DEPTH);
    if (invocation.flag("flat")) io.out(renderFlat(store, nodes));
    else if (output === "json") io.out(renderTreeJson(image, subject, nodes));
    else for (const line of renderTree(image, subject, nodes)) io.out(line);
    return 0;
  });
}

async function discover(
  store: ArtifactStore,
  subject: Subject,
  types: ReadonlySet<string>,
  signal: AbortSignal,
  depth: number,
): Promise<Node[]> {
  const nodes: Node[] = [];
  for (const referrer of await store.referrers(subject, { signal })) {
    if (types.size > 0 && !types.has(referrer.artifactType)) continue;
    const { registry, repository } = subject.reference;
    const nested = {
      reference: { registry, repository, digest: referrer.digest },
      descriptor: referrer,
    };
    const children = depth > 1 ? await discover(store, nested, types, signal, depth - 1) : [];
    nodes.push({ referrer, children });
  }
  return nodes;
}

function renderTree(image: ImageArgument, subject: Subject, nodes: readonly Node[]): string[] {
  const lines = [`${printable(image.text)}  ${subject.descriptor.digest}`];
  const add = (children: readonly Node[], indent: string): void => {
    for (const [index, { referrer, children: below }] of children.entries()) {
      const last = index === children.length - 1;
      lines.push(
        `${indent}${last ? "└── " : "├── "}${printable(referrer.artifactType)}  ${referrer.digest}`,
      );
      add(below, indent + (last ? "    " : "│   "));
    }
  };
  add(nodes, "");
  if (nodes.length === 0) lines.push("└── nothing is attached");
  return lines;
}

function renderTreeJson(image: ImageArgument, subject: Subject, nodes: readonly Node[]): string {
  const toJson = ({ referrer, children }: Node): Record<string, unknown> => ({
    ...describe(referrer),
    referrers: children.map(toJson),
  });
  return JSON.stringify({
    image: image.text,
    ...describe(subject.descriptor),
    referrers: nodes.map(toJson),
  });
}

/** Children stand before their parents. */
function renderFlat(store: ArtifactStore, nodes: readonly Node[]): string {
  const flatten = (children: readonly Node[]): Record<string, unknown>[] =>
    children.flatMap(({ referrer, children: below }) => [...flatten(below), describe(referrer)]);
  const references = flatten(nodes);
  return JSON.stringify([{
    storeName: store.name,
    ...(references.length > 0 ? { References: references } : {}),
  }]);
}

function describe(descriptor: Descriptor): Record<string, unknown> {
  const { mediaType, digest, size, artifactType, annotations } = descriptor;
  return { mediaType, digest, size, artifactType, annotations };
}
