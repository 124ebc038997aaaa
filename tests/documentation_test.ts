import assert from "node:assert/strict";
import { formatProblem, loadConfiguration } from "../src/resources/mod.ts";
import { runCli } from "./run_cli.ts";

/*
 * Every `./dev assay` command in a shell block of the documentation is run from the project's folder.
 * It must succeed, unless a comment behind it names another exit status: `# exit status 1`.
 */

const PAGES = [
  "README.md",
  ...pagesBelow("docs"),
  ...["k8s", "k8s/deployment", "k8s/sidecar", "config/library"].flatMap(pagesBelow),
];

for (const page of PAGES) {
  const commands = [...read(page).matchAll(/^```sh\n([\s\S]*?)^```$/gm)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .filter((line) => line.startsWith("./dev assay "));
  for (const line of commands) {
    Deno.test(`${page}: ${line}`, async () => {
      const [command = "", comment = ""] = line.split("#");
      const status = Number(/exit status (\d)/.exec(comment)?.[1] ?? 0);
      const args = command.trim().split(/\s+/).slice(2).map(fromProject);
      const run = await runCli(args);
      assert.equal(run.status, status, run.out + run.err);
    });
  }
}

Deno.test("the README shows what the command prints", async () => {
  const shown = /```text\n([\s\S]*?)```/.exec(read("README.md"))?.[1] ?? "";
  const run = await runCli(
    ["verify", "oci:config/demo/signed:v1", "--config", "config/demo/resources.yaml"].map(
      fromProject,
    ),
  );
  const root = fromProject("config/").replace(/config\/$/, "");
  assert.equal(run.out.replaceAll(root, ""), shown);
});

const PASTED = { "cosign": 4, "content-verifiers": 4, "key-management": 1, "hashicorp-vault": 3 };
for (const [page, count] of Object.entries(PASTED)) {
  Deno.test(`the resources on the page ${page} can be pasted`, async () => {
    const blocks = [...read(`docs/${page}.md`).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
    assert.equal(blocks.length, count);
    for (const [, text = ""] of blocks) {
      const { problems } = await loadConfiguration([{ path: "page.yaml", text }]);
      const told = problems.map(formatProblem).filter((one) => !one.includes("for the cluster"));
      assert.deepEqual(told, []);
    }
  });
}

Deno.test("the policies on the page about them can be pasted beside the verifiers that they name", async () => {
  const blocks = [...read("docs/policies.md").matchAll(/^```yaml\n([\s\S]*?)^```$/gm)];
  assert.equal(blocks.length, 14);
  const [, ...verifiers] = read("config/samples/threshold-policy.yaml").split("---\n");
  for (const [, text = ""] of blocks) {
    const whole = [text, ...verifiers].join("---\n");
    const { problems } = await loadConfiguration([{ path: "page.yaml", text: whole }]);
    const told = problems.map(formatProblem).filter((one) => !one.includes("for the cluster"));
    assert.deepEqual(told, []);
  }
});

for (const page of ["aws", "azure", "gcp", "alibaba-cloud"]) {
  const blocks = [...read(`docs/${page}.md`).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .map(([, text = ""]) => text);
  Deno.test(`the Store on the page docs/${page}.md is the sample of its name`, () => {
    const sample = read(`config/samples/store-${page}.yaml`).replace(/^#.*\n/, "");
    assert.equal(blocks[0], sample);
  });

  Deno.test(`the keys on the page docs/${page}.md can be pasted`, async () => {
    for (const text of blocks.slice(1)) {
      const { problems } = await loadConfiguration([{ path: "page.yaml", text }]);
      const told = problems.map(formatProblem).filter((one) => !one.includes("for the cluster"));
      assert.deepEqual(told, []);
    }
  });
}

Deno.test("pages about clouds have keys for Notation or Cosign, a rotation, and each once", () => {
  const counts = { "aws": 3, "azure": 4, "gcp": 3, "alibaba-cloud": 4 };
  for (const [page, count] of Object.entries(counts)) {
    assert.equal(read(`docs/${page}.md`).match(/^```yaml$/gm)?.length, count, page);
  }
});

Deno.test("links between pages lead somewhere", () => {
  for (const page of PAGES) {
    for (const [, target = ""] of read(page).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      const path = new URL(`../${page.replace(/[^/]*$/, "")}${target}`, import.meta.url);
      assert.ok(Deno.statSync(path).isFile, `${page} → ${target}`);
    }
  }
});

function read(page: string): string {
  return Deno.readTextFileSync(new URL(`../${page}`, import.meta.url));
}

function pagesBelow(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`../${folder}`, import.meta.url))]
    .filter(({ name }) => name.endsWith(".md")).map(({ name }) => `${folder}/${name}`).sort();
}

/** Paths of the project, as the documentation writes them from its folder. */
function fromProject(arg: string): string {
  const root = new URL("../", import.meta.url).pathname;
  return arg.replace(
    /^(oci:)?(config|docs|tests)\//,
    (_, scheme = "", folder) => `${scheme}${root}${folder}/`,
  );
}
