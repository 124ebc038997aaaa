import assert from "node:assert/strict";
import {
  type DockerRegistry,
  hasDockerRegistry,
  PASSWORD,
  startDockerRegistry,
  USER,
} from "./docker_registry.ts";
import { demoResourcesWith } from "./demo_images.ts";
import { askMutate, askVerify, startTestService } from "./service.ts";
import { temporaryFolder } from "./temp.ts";

/* A registry of another make: users with passwords, and the referrers tag in place of the API. */

const there = await hasDockerRegistry();
const skipped = there ? "" : " (skipped: docker-registry is not installed)";
const DEMO = `${import.meta.dirname}/../config/demo`;
const SIGNED_DIGEST = "sha256:9ad76de6f1c7713e8213139d9dba5453902c219bf7cdf57d7adda55bb7ca980e";

function test(name: string, fn: (registry: DockerRegistry, folder: string) => Promise<void>): void {
  Deno.test({
    name: `${name}${skipped}`,
    ignore: !there,
    fn: async () => {
      await using folder = await temporaryFolder();
      await using registry = await startDockerRegistry(folder.path);
      for (const image of ["signed", "unsigned"]) {
        await registry.push(`${DEMO}/${image}`, `team/${image}`);
      }
      await fn(registry, folder.path);
    },
  });
}

test(
  "images of a registry with passwords get their verdicts by tag and by digest, found by the referrers tag",
  async (registry, folder) => {
    const config = await writeResources(folder, registry.host);
    await writeCredentials(folder, { [registry.host]: PASSWORD });
    await using service = await startTestService({ folder, config: [config] });
    const keys = [
      `${registry.host}/team/signed:v1`,
      `${registry.host}/team/signed@${SIGNED_DIGEST}`,
      `${registry.host}/team/unsigned:v1`,
    ];
    const { json } = await askVerify(service.host, keys);
    const verdicts = json.response.items.map((item: { value: { isSuccess: boolean } }) =>
      item.value.isSuccess
    );
    assert.deepEqual(verdicts, [true, true, false]);
    const mutated = await askMutate(service.host, [keys[0] ?? ""]);
    assert.equal(mutated.json.response.items[0].value, keys[1]);
  },
);

test(
  "a wrong password, or none, leaves the image undecided with the reason, and names no secret",
  async (registry, folder) => {
    const config = await writeResources(folder, registry.host);
    const key = `${registry.host}/team/signed:v1`;
    await writeCredentials(folder, {});
    await using service = await startTestService({ folder, config: [config] });
    const none = await askVerify(service.host, [key]);
    assert.match(
      none.json.response.items[0].error,
      /^AUTH_DENIED: .*asks for a user name and a password; there are none/,
    );

    await writeCredentials(folder, { [registry.host]: "not the secret" });
    const wrong = await askVerify(service.host, [key]);
    assert.match(wrong.json.response.items[0].error, /^AUTH_DENIED: .*refuses the credentials/);
    assert.ok(
      ![none.text, wrong.text, ...service.log].some((text) => text.includes("not the secret")),
    );

    // What docker login writes counts at once.
    await writeCredentials(folder, { [registry.host]: PASSWORD });
    const right = await askVerify(service.host, [key]);
    assert.equal(right.json.response.items[0].value.isSuccess, true);
  },
);

test(
  "an unknown repository or tag leaves the image undecided for good",
  async (registry, folder) => {
    const config = await writeResources(folder, registry.host);
    await writeCredentials(folder, { [registry.host]: PASSWORD });
    await using service = await startTestService({ folder, config: [config] });
    const keys = [`${registry.host}/team/none:v1`, `${registry.host}/team/signed:none`];
    const { json } = await askVerify(service.host, keys);
    for (const { error } of json.response.items) {
      assert.match(error, /^REPOSITORY_OPERATION_FAILURE: .*404/);
    }
  },
);

async function writeCredentials(
  folder: string,
  passwords: Readonly<Record<string, string>>,
): Promise<void> {
  const auths = Object.fromEntries(
    Object.entries(passwords).map((
      [host, password],
    ) => [host, { auth: btoa(`${USER}:${password}`) }]),
  );
  await Deno.writeTextFile(`${folder}/docker.json`, JSON.stringify({ auths }));
}

function writeResources(folder: string, host: string): Promise<string> {
  const authProvider = { name: "dockerConfig", configPath: `${folder}/docker.json` };
  return demoResourcesWith(folder, { plainHttp: [host], authProvider });
}
