import assert from "node:assert/strict";
import { temporaryFolder } from "../../../tests/temp.ts";
import { AssayError } from "../../errors.ts";
import { readSmallFile } from "./small_file.ts";
import { StaticCredentials } from "./static_credentials.ts";

const SIGNAL = new AbortController().signal;
const REGISTRY = "r.example.com:5000";

function provider(folder: string): StaticCredentials {
  const files = { usernameFile: `${folder}/username`, passwordFile: `${folder}/password` };
  return new StaticCredentials({ registries: { [REGISTRY]: files } }, { readText: readSmallFile });
}

Deno.test("static credentials come from their files, as they are now", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/username`, "robot\n");
  for (const secret of ["one", "two\r\n", " with blanks "]) {
    await Deno.writeTextFile(`${folder.path}/password`, secret);
    assert.deepEqual(await provider(folder.path).credentials(REGISTRY.toUpperCase(), SIGNAL), {
      kind: "password",
      username: "robot",
      password: secret.replace(/\r?\n$/, ""),
    });
  }
});

Deno.test("static credentials are for exactly their registry", async () => {
  for (
    const other of ["r.example.com", "r.example.com:5001", "x.r.example.com:5000", "docker.io"]
  ) {
    assert.equal(await provider("/nowhere").credentials(other, SIGNAL), undefined, other);
  }
});

Deno.test("static credentials that cannot be used say which file, and not what is in it", async () => {
  await using folder = await temporaryFolder();
  await Deno.writeTextFile(`${folder.path}/username`, "robot");
  const wrong: readonly (readonly [string | undefined, RegExp])[] = [
    [undefined, /password" is missing\.$/],
    ["", /password" does not hold one line of text\.$/],
    ["\n", /does not hold one line/],
    ["PLANTED\nPLANTED\n", /does not hold one line/],
    ["PLANTED\0", /does not hold one line/],
    ["x".repeat(1024 * 1024 + 1), /password" may not be read\.$/],
  ];
  for (const [text, expected] of wrong) {
    if (text !== undefined) await Deno.writeTextFile(`${folder.path}/password`, text);
    await assert.rejects(provider(folder.path).credentials(REGISTRY, SIGNAL), (error) => {
      assert.ok(error instanceof AssayError && error.code === "AUTH_DENIED" && !error.transient);
      assert.match(error.message, expected);
      assert.ok(!Deno.inspect(error).includes("PLANTED"));
      return true;
    });
  }
});

Deno.test("static credentials stop at the deadline", async () => {
  await assert.rejects(
    provider("/nowhere").credentials(REGISTRY, AbortSignal.abort()),
    (error) => error instanceof AssayError && error.code === "DEADLINE_EXCEEDED",
  );
});
