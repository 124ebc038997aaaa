import assert from "node:assert/strict";
import { contentCaseResources, resource } from "./case_resources.ts";
import { corpusCase, layoutOf } from "./corpus.ts";
import { labRegistryProgram, startLabRegistry } from "./labreg.ts";
import { runCli } from "./run_cli.ts";
import { temporaryFolder } from "./temp.ts";

/* Documents that must be signed themselves, in a real registry over plain HTTP. */

const program = await labRegistryProgram();
const path = "path" in program ? program.path : "";
const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";

/** Without it: the listing of this registry has the type of the config where an artifact has its own. */
const REFERRERS_API = false;

/** Case of the corpus → exit status. */
const CASES: Readonly<Record<string, number>> = {
  "sbom-spdx-signed": 0,
  "sbom-spdx-unsigned-but-required": 1,
  "sbom-spdx-signed-by-stranger": 1,
  "vuln-sarif-ok": 0,
};

Deno.test({
  name: `documents and their signatures are verified in a registry${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry(path, REFERRERS_API);
    await using folder = await temporaryFolder();
    for (const [id, expected] of Object.entries(CASES)) {
      const one = await corpusCase(id);
      await registry.push(await layoutOf(one), one.id);
      const list = JSON.parse(await contentCaseResources(one));
      const parameters = { plainHttp: [registry.host] };
      list.items[0] = resource("Store", "store", { name: "oras", parameters });
      await Deno.writeTextFile(`${folder.path}/r.json`, JSON.stringify(list));
      const image = `${registry.host}/${id}@${one.imageDigest}`;
      const run = await runCli(["verify", image, "--config", folder.path]);
      assert.equal(run.status, expected, `${id}: ${run.out}${run.err}`);
    }
  },
});

Deno.test({
  name: `a signed document takes one listing, one manifest and one blob more${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    await using registry = await startLabRegistry(path, REFERRERS_API);
    await using folder = await temporaryFolder();
    const one = await corpusCase("sbom-spdx-signed");
    await registry.push(await layoutOf(one), one.id);
    const list = JSON.parse(await contentCaseResources(one));
    const parameters = { plainHttp: [registry.host] };
    list.items[0] = resource("Store", "store", { name: "oras", parameters });
    await Deno.writeTextFile(`${folder.path}/r.json`, JSON.stringify(list));
    await registry.requests();
    const image = `${registry.host}/${one.id}@${one.imageDigest}`;
    assert.equal((await runCli(["verify", image, "--config", folder.path])).status, 0);
    // The image, its listing by the API and by the tag, the document's manifest and blob; and then of
    // its signature the listing by the tag, the manifest and the blob.
    assert.equal(await registry.requests(), 5 + 3);
  },
});
