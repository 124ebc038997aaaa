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
