/** The images of config/demo, by the names that a registry would give them. */

const DEMO = `${import.meta.dirname}/../config/demo`;

export const DEMO_SIGNED = "demo.example.com/signed:v1";
export const DEMO_UNSIGNED = "demo.example.com/unsigned:v1";

/**
 * Writes the demo's resources to `folder/config/resources.yaml`, with its layouts as a store.
 *
 * @returns the directory.
 */
export async function demoResources(folder: string): Promise<string> {
  const text = await Deno.readTextFile(`${DEMO}/resources.yaml`);
  await Deno.mkdir(`${folder}/config`);
  await Deno.writeTextFile(
    `${folder}/config/resources.yaml`,
    text.replaceAll(": config/demo/", `: ${DEMO}/`),
  );
  return `${folder}/config`;
}

/**
 * Writes the demo's resources to `folder/config/resources.yaml` with another policy in place of its own.
 *
 * @param spec that of the Policy.
 * @returns the directory.
 */
export async function demoResourcesWithPolicy(
  folder: string,
  spec: Readonly<Record<string, unknown>>,
): Promise<string> {
  const config = await demoResources(folder);
  const file = `${config}/resources.yaml`;
  const others = (await Deno.readTextFile(file)).split(/^---$/m)
    .filter((document) => !document.includes("kind: Policy"));
  const policy = JSON.stringify({
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "Policy",
    metadata: { name: "ratify-policy" },
    spec,
  });
  await Deno.writeTextFile(file, [...others, `\n${policy}\n`].join("---"));
  return config;
}

/**
 * Writes the demo's resources to `folder/resources.yaml` with a store of registries in place of its own.
 *
 * @param parameters those of the store.
 * @returns the file.
 */
export async function demoResourcesWith(
  folder: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<string> {
  const text = await Deno.readTextFile(`${DEMO}/resources.yaml`);
  const store = JSON.stringify({
    apiVersion: "config.ratify.deislabs.io/v1beta1",
    kind: "Store",
    metadata: { name: "oras" },
    spec: { name: "oras", parameters },
  });
  const others = text.split(/^---$/m).filter((document) => !document.includes("kind: Store"));
  await Deno.writeTextFile(`${folder}/resources.yaml`, [`${store}\n`, ...others].join("---\n"));
  return `${folder}/resources.yaml`;
}
