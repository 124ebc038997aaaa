import assert from "node:assert/strict";
import { parse } from "yaml";
import { startFakeProvider } from "./fake_provider.ts";
import { gatekeeperProgram, reviewWith } from "./gatekeeper.ts";
import { items } from "./gatekeeper_answers.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The suites of config/library, one beside each constraint, in Gatekeeper's own engine. They are written
 * as `gator verify` reads them; the provider gives the answers of the file beside them.
 */

const LIBRARY = `${import.meta.dirname}/../config/library`;

interface Suite {
  readonly tests: readonly {
    readonly template: string;
    readonly constraint: string;
    readonly cases: readonly {
      readonly name: string;
      readonly object: string;
      readonly assertions: readonly {
        readonly violations: "yes" | "no";
        readonly message?: string;
      }[];
    }[];
  }[];
}

const program = await gatekeeperProgram();
const folders = Array.from(Deno.readDirSync(LIBRARY)).filter(({ isDirectory }) => isDirectory)
  .map(({ name }) => name).toSorted()
  .filter((name) =>
    Array.from(Deno.readDirSync(`${LIBRARY}/${name}`)).some((file) =>
      file.name === "constraint.yaml"
    )
  );

for (const folder of folders) {
  const tests = `${LIBRARY}/${folder}/tests`;
  const suite = parse(Deno.readTextFileSync(`${tests}/suite.yaml`)) as Suite;
  if (program === "no source") continue;
  const skipped = "missing" in program ? ` (skipped: ${program.missing})` : "";
  for (const { template, constraint, cases } of suite.tests) {
    for (const { name, object, assertions } of cases) {
      Deno.test({
        name: `library ${folder}: ${name}${skipped}`,
        ignore: skipped !== "",
        fn: async () => {
          await using provider = await startFakeProvider(
            new Map([["answer", items(answersOf(tests))]]),
          );
          await using scratch = await temporaryFolder();
          await Deno.writeTextFile(`${scratch.path}/ca.crt`, provider.authority);
          const files = [
            `${LIBRARY}/provider.yaml`,
            `${tests}/${template}`,
            `${tests}/${constraint}`,
          ];
          const path = "path" in program ? program.path : "";
          const [review] = await reviewWith(path, [
            ...files.flatMap((file) => ["-f", file]),
            ...["--provider-ca", `${scratch.path}/ca.crt`],
            ...["--provider-url", `${provider.url}/answer`, "--response-cache-ttl", "0"],
            `${tests}/${object}`,
          ]);
          assert.equal(review?.error, undefined);
          const isWarning = Deno.readTextFileSync(`${tests}/${constraint}`).includes(": warn\n");
          const told = (isWarning ? review?.warnings : review?.messages) ?? [];
          if (isWarning) assert.equal(review?.allowed, true);
          else assert.equal(review?.allowed, told.length === 0);
          for (const { violations, message } of assertions) {
            assert.equal(told.length > 0, violations === "yes", told.join("\n"));
            if (message === undefined) continue;
            const texts = told.map((text) => text.replace(/^\[[^\]]*\] /, ""));
            assert.ok(texts.some((text) => new RegExp(message).test(text)), told.join("\n"));
          }
        },
      });
    }
  }
}

Deno.test("every constraint of the library has a suite with cases that allow and cases that deny", () => {
  assert.ok(folders.length >= 7);
  for (const folder of folders) {
    const suite = parse(Deno.readTextFileSync(`${LIBRARY}/${folder}/tests/suite.yaml`)) as Suite;
    const all = suite.tests.flatMap(({ cases }) => cases.flatMap(({ assertions }) => assertions));
    assert.ok(all.some(({ violations }) => violations === "yes"), folder);
    assert.ok(all.some(({ violations }) => violations === "no"), folder);
  }
});

/** The item of a key, or none. */
function answersOf(tests: string): (key: string) => { key: string; value: unknown }[] {
  const now = new Date();
  const tomorrow = new Date(now.getTime() + 24 * 3600_000);
  const text = Deno.readTextFileSync(`${tests}/answers.yaml`)
    .replaceAll('"NOW"', JSON.stringify(now)).replaceAll('"TOMORROW"', JSON.stringify(tomorrow));
  const answers = new Map(Object.entries(parse(text) as Record<string, unknown>));
  return (key) => answers.has(key) ? [{ key, value: answers.get(key) }] : [];
}
