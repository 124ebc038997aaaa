import assert from "node:assert/strict";
import fc from "fast-check";
import { RegoEngine } from "../src/policy/rego_engine.ts";
import { goProgram } from "./go_program.ts";
import {
  artifact,
  documents,
  NOTATION,
  SARIF,
  SPDX,
  type WrittenArtifact,
} from "./rego_reports.ts";

/*
 * The Rego policies of the library: by a table, and in agreement with Open Policy Agent over the table
 * and documents at random.
 */

const LIBRARY = `${import.meta.dirname}/../config/library/rego`;
const WASM = await WebAssembly.compile(
  await Deno.readFile(new URL("../src/resources/rego.bin", import.meta.url)),
);

const signature = artifact(NOTATION, true);
const badSignature = artifact(NOTATION, false);
const dated = (isSuccess: boolean, createdAt: unknown, nested: WrittenArtifact[] = []) =>
  artifact(SARIF, isSuccess, { extensions: { createdAt }, nested });
const OLD = "2026-01-01T00:00:00Z";
const NEW = "2026-02-01T00:00:00Z";

type Row = readonly [name: string, artifacts: readonly WrittenArtifact[], expected: boolean];
const TABLE: Readonly<Record<string, readonly Row[]>> = {
  "all-succeed": [
    ["nothing attached", [], false],
    ["a valid signature", [signature], true],
    ["one valid, one not", [signature, badSignature], false],
    ["something that nobody accepts", [signature, artifact("application/other", undefined)], false],
    ["a bad signature on a document", [artifact(SPDX, true, { nested: [badSignature] })], false],
    ["a good signature on a document", [artifact(SPDX, true, { nested: [signature] })], true],
    [
      "a bad one three levels down",
      [artifact(SPDX, true, { nested: [artifact(SPDX, true, { nested: [badSignature] })] })],
      false,
    ],
  ],
  "one-of-each-type": [
    ["nothing attached", [], false],
    ["one valid, one not", [signature, badSignature], true],
    ["one type without a valid one", [signature, artifact(SPDX, false)], false],
    [
      "a document with a bad signature only",
      [artifact(SPDX, true, { nested: [badSignature] })],
      false,
    ],
    ["a document with both", [artifact(SPDX, true, { nested: [badSignature, signature] })], true],
  ],
  "notation-signature": [
    ["nothing attached", [], false],
    ["one valid, one not", [badSignature, signature], true],
    ["none valid", [badSignature, badSignature], false],
    ["a valid document", [artifact(SPDX, true)], false],
    ["a valid signature on a document", [artifact(SPDX, true, { nested: [signature] })], false],
  ],
  "sbom": [
    ["nothing attached", [], false],
    ["a document without signature", [artifact(SPDX, true)], false],
    ["a document with a bad signature", [artifact(SPDX, true, { nested: [badSignature] })], false],
    ["a signed document", [artifact(SPDX, true, { nested: [signature] })], true],
    ["a signed document that is refused", [artifact(SPDX, false, { nested: [signature] })], false],
    ["a document, and a signature beside it", [artifact(SPDX, true), signature], false],
  ],
  "vulnerability-report": [
    ["nothing attached", [], false],
    ["a good one", [dated(true, OLD)], true],
    ["a good one after a bad one", [dated(false, OLD), dated(true, NEW)], true],
    ["a bad one after a good one", [dated(true, OLD), dated(false, NEW)], false],
    ["two at the same time, one bad", [dated(true, NEW), dated(false, NEW)], false],
    ["a good one without a time", [artifact(SARIF, true)], false],
    [
      "a bad one without a time beside a good one",
      [artifact(SARIF, false), dated(true, NEW)],
      false,
    ],
    ["a time that is no text", [dated(true, 7)], false],
  ],
};

const names = (await Array.fromAsync(Deno.readDir(LIBRARY), ({ name }) => name)).sort();

Deno.test("every Rego policy of the library has a row in the table", () => {
  assert.deepEqual(names, Object.keys(TABLE).map((name) => `${name}.rego`).sort());
});

function load(source: string, v0 = false): RegoEngine {
  const engine = new RegoEngine(WASM, source, v0);
  assert.deepEqual(engine.load(), []);
  return engine;
}

function valueOf(engine: RegoEngine, input: unknown): unknown {
  const value = engine.evaluate(input);
  return value.kind === "value" ? value.value : null;
}

for (const [name, rows] of Object.entries(TABLE)) {
  const source = await Deno.readTextFile(`${LIBRARY}/${name}.rego`);
  for (const [what, verifierReports, expected] of rows) {
    Deno.test(`${name}.rego says ${expected ? "yes" : "no"} to ${what}`, () => {
      assert.equal(valueOf(load(source), { verifierReports }), expected);
    });
  }
}

const opa = await goProgram("opa");
const skipped = "missing" in opa ? ` (skipped: ${opa.missing})` : "";

interface Question {
  readonly source: string;
  readonly v0: boolean;
  readonly inputs: readonly unknown[];
}

/** What Open Policy Agent finds. */
async function askOpa(
  questions: readonly Question[],
): Promise<readonly { values?: unknown[]; error?: string }[]> {
  if ("missing" in opa) throw new Error(opa.missing);
  const child = new Deno.Command(opa.path, { stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  const writer = child.stdin.getWriter();
  const text = questions.map((question) => `${JSON.stringify(question)}\n`).join("");
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n").map((line) => JSON.parse(line));
}

Deno.test({
  name: `the library's policies say the same as in Open Policy Agent${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    const random = fc.sample(documents, { numRuns: 500, seed: 20261124 });
    const questions = await Promise.all(
      Object.entries(TABLE).map(async ([name, rows]) => ({
        source: await Deno.readTextFile(`${LIBRARY}/${name}.rego`),
        v0: false,
        inputs: [...rows.map(([, verifierReports]) => ({ verifierReports })), ...random],
      })),
    );
    const answers = await askOpa(questions);
    for (const [index, { source, inputs }] of questions.entries()) {
      const engine = load(source);
      const found = inputs.map((input) => valueOf(engine, input));
      assert.deepEqual(found, answers[index]?.values, answers[index]?.error);
      // At random there are both, so that agreement means something.
      assert.equal(new Set(found).size, 2, Object.keys(TABLE)[index]);
    }
  },
});

/** Parts of the language that policies are written with, each over a few inputs. */
const LANGUAGE: readonly [v0: boolean, body: string][] = [
  [true, "valid { input.verifierReports[_].verifierReports[_].isSuccess }"],
  [
    true,
    "default valid = false\nvalid { not bad }\nbad { input.verifierReports[i].verifierReports[j].isSuccess == false }",
  ],
  [
    true,
    "import future.keywords.every\nimport future.keywords.in\nvalid { every a in input.verifierReports { some r in a.verifierReports; r.isSuccess } }",
  ],
  [
    true,
    'failed[x] { [path, value] := walk(input); path[count(path)-1] == "isSuccess"; value == false; x := path }\nvalid { count(failed) == 0 }',
  ],
  [true, 'f(x) = y { y := sprintf("%v-%d", [x, 3]) }\nvalid { f("a") == "a-3" }'],
  [true, 'valid { regex.match("^application/vnd[.]", input.verifierReports[0].artifactType) }'],
  [
    true,
    'valid = x { x := {a | a := input.verifierReports[_].artifactType; startswith(a, "application")} == set() } else = true { true }',
  ],
  [
    false,
    "valid if { some i; input.verifierReports[i].nestedReports[_].artifactType == input.verifierReports[i].artifactType }",
  ],
  [
    false,
    'names contains object.get(r, "name", "") if { some a in input.verifierReports; some r in a.verifierReports }\nvalid if { "sbom" in names }',
  ],
  [
    false,
    "valid := count([r | some a in input.verifierReports; r := a.nestedReports[_]]) % 2 == 0",
  ],
  [
    false,
    "groups[t] contains i if { some i, a in input.verifierReports; t := a.artifactType }\nvalid if { some t; count(groups[t]) > 1 }",
  ],
  [false, 'valid if { to_number("x") == 1 }\nvalid if { not to_number("x") }'],
  [false, "valid if { json.unmarshal(json.marshal(input)) == input }"],
  [
    false,
    'valid if { s := sort([a.artifactType | some a in input.verifierReports]); s[0] < "application/t" }',
  ],
  [
    false,
    'valid if { object.keys(input) == {"verifierReports"}; count(array.concat(input.verifierReports, [1])) > 1 }',
  ],
  [
    false,
    'valid if { input.verifierReports[0].verifierReports[0].extensions.createdAt < "2026-01-15" }',
  ],
  [
    false,
    'valid if { lower(split(input.verifierReports[0].subject, "/")[0]) == trim_suffix("registry.example.comX", "X") } else := false',
  ],
];

Deno.test({
  name: `the language is that of Open Policy Agent, in both syntaxes${skipped}`,
  ignore: skipped !== "",
  fn: async () => {
    const inputs = [{ verifierReports: [] }, ...fc.sample(documents, { numRuns: 100, seed: 7 })];
    const questions = LANGUAGE.map(([v0, body]) => ({
      source: `package ratify.policy\n${body}`,
      v0,
      inputs,
    }));
    const answers = await askOpa(questions);
    for (const [index, { source, v0 }] of questions.entries()) {
      const engine = load(source, v0);
      const found = inputs.map((input) => valueOf(engine, input));
      assert.deepEqual(found, answers[index]?.values, `${source}\n${answers[index]?.error}`);
    }
  },
});
