import assert from "node:assert/strict";
import { corpusRoot } from "./corpus.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The command as users start it: ./dev, in a process of its own, with the permissions of the compiled
 * binary and nothing of this process.
 */

const PROJECT = new URL("../", import.meta.url).pathname;

interface Run {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

async function run(
  command: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<Run> {
  const { code, stdout, stderr } = await new Deno.Command(command, {
    args: [...args],
    env: { DENO: Deno.execPath(), ...options.env },
    ...options,
  }).output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { status: code, out: text(stdout), err: text(stderr) };
}

function has(program: string): boolean {
  try {
    return new Deno.Command(program, { args: ["--version"] }).outputSync().success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("dev assay keeps the caller's folder and passes the exit status on", async () => {
  const cwd = `${PROJECT}config/demo`;
  const allowed = await run(`${PROJECT}dev`, [
    "assay",
    "verify",
    "oci:signed:v1",
    "-c",
    "resources.yaml",
  ], { cwd });
  assert.equal(allowed.status, 0, allowed.err);
  assert.match(allowed.out, /^ALLOW {2}oci:signed:v1\n/);
  const denied = await run(`${PROJECT}dev`, [
    "assay",
    "verify",
    "oci:unsigned:v1",
    "-c",
    "resources.yaml",
  ], { cwd });
  assert.equal(denied.status, 1, denied.err);
  const wrong = await run(`${PROJECT}dev`, ["assay", "verify", "--nonsense"]);
  assert.deepEqual([wrong.status, wrong.out], [2, ""]);
});

Deno.test("a reader that has seen enough is no error, and the exit status stays", async () => {
  const command =
    `{ ./dev assay verify oci:config/demo/unsigned:v1 -c config/demo/resources.yaml; echo "status $?" >&2; } | true`;
  const closed = await run("sh", ["-c", command], { cwd: PROJECT });
  assert.equal(closed.err, "status 1\n");
});

Deno.test("dev works through a link to it", { ignore: !has("ln") }, async () => {
  await using folder = await temporaryFolder();
  await run("ln", ["-s", `${PROJECT}dev`, `${folder.path}/link`]);
  const version = await run(`${folder.path}/link`, ["assay", "version"]);
  assert.match(version.out, /^Version: /);
});

Deno.test("dev refuses a Deno that does not fit, and commands that it does not know", async () => {
  const unfit = await run(`${PROJECT}dev`, ["assay", "version"], { env: { DENO: "/bin/false" } });
  assert.deepEqual([unfit.status, unfit.out], [2, ""]);
  assert.match(unfit.err, /^dev: DENO=\/bin\/false is not Deno 2\.9\.6 or newer/);
  const unknown = await run(`${PROJECT}dev`, ["assey"]);
  assert.equal(unknown.status, 2);
});

Deno.test("dev runs the program with the permissions of the compiled binary and no others", async () => {
  const help = await run(`${PROJECT}dev`, ["help"]);
  assert.match(help.out, /\.\/dev assay ARGS/);
  const script = await Deno.readTextFile(`${PROJECT}dev`);
  assert.match(
    script,
    /PERMISSIONS="--allow-net --allow-read --allow-write=\$STATE --allow-env=\$ENVIRONMENT --deny-import --no-prompt"/,
  );
  assert.doesNotMatch(script, /assay\)[^;]*--allow-(all|run|ffi|write)/);
});

Deno.test(
  "the corpus passes through the command line, one process a case (needs python3)",
  { ignore: !has("python3") },
  async () => {
    const { status, out } = await run(`${PROJECT}tests/run-vectors`, [
      ...["--set", await corpusRoot(), "--only", "notation"],
      ...["--", `${PROJECT}dev`, "assay"],
    ]);
    assert.equal(status, 0, out);
    assert.match(out, /\n233 passed, 0 failed\n$/);
  },
);
