import assert from "node:assert/strict";
import { runProgram } from "./binary.ts";
import { temporaryFolder } from "./temp.ts";

/*
 * The Rego interpreter is committed as it was built. Where the compiler of rego/rust-toolchain.toml is
 * there, with the target and all crates, it is built again, and must come out the same.
 */

const PROJECT = new URL("../", import.meta.url).pathname;
const MODULE = `${PROJECT}src/resources/rego.bin`;

Deno.test("the Rego interpreter has the committed checksum", async () => {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(MODULE));
  const named = await Deno.readTextFile(`${MODULE}.sha256`);
  assert.equal(`${new Uint8Array(digest).toHex()}  rego.bin\n`, named);
});

if (await hasCompiler()) {
  Deno.test("the Rego interpreter comes out of its source, byte by byte", async () => {
    await using folder = await temporaryFolder();
    const made = await runProgram(
      `${PROJECT}rego/build`,
      [`${folder.path}/rego.bin`],
      Deno.env.toObject(),
    );
    assert.equal(made.status, 0, made.err);
    const [built, committed] = await Promise.all(
      [`${folder.path}/rego.bin`, MODULE].map((path) => Deno.readFile(path)),
    );
    assert.ok(built?.length === committed?.length, `${built?.length} bytes`);
    assert.ok(built?.every((byte, at) => byte === committed?.[at]));
  });
}

/** Whether everything that a build needs is on this machine already. */
async function hasCompiler(): Promise<boolean> {
  const channel = /channel = "(.*)"/.exec(
    await Deno.readTextFile(`${PROJECT}rego/rust-toolchain.toml`),
  )?.[1];
  const script = `cd "$1/rego" && export RUSTUP_AUTO_INSTALL=0 &&
    case $(rustc --version) in "rustc $2 "*) ;; *) exit 1 ;; esac &&
    [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ] &&
    cargo metadata --offline --locked --format-version 1 >/dev/null`;
  const found = await runProgram(
    "/bin/sh",
    ["-c", script, "sh", PROJECT, channel ?? ""],
    Deno.env.toObject(),
  );
  return found.status === 0;
}
