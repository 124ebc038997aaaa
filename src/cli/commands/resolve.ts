import type { Command, Invocation } from "../command.ts";
import { optionalConfiguration } from "../configuration.ts";
import { withTimeout } from "../deadline.ts";
import { parseImage } from "../image.ts";
import { ImageStores } from "../image_stores.ts";
import type { Io } from "../io.ts";
import { CONFIG, imageArgument, SUBJECT, TIMEOUT } from "../options.ts";

/** `assay resolve`: the digest behind a tag. */
export const resolveCommand: Command = {
  name: "resolve",
  summary: "Print the digest of an image",
  argument: "IMAGE",
  description: "Finds the image, checks its bytes against its digest and prints the digest.",
  options: [SUBJECT, CONFIG, TIMEOUT],
  examples: ["assay resolve oci:image:v1"],
  exits: {
    0: "The digest is on standard output.",
    2: "The arguments or the configuration are wrong.",
    3: "The image could not be read.",
  },
  run,
};

async function run(invocation: Invocation, io: Io): Promise<number> {
  const image = parseImage(imageArgument(resolveCommand, invocation), undefined);
  const configuration = await optionalConfiguration(invocation.texts("config"), io);
  using stores = new ImageStores(configuration, "", io);
  return await withTimeout(resolveCommand, invocation, async (signal) => {
    const { subject } = await stores.find(image, signal);
    io.out(subject.descriptor.digest);
    return 0;
  });
}
