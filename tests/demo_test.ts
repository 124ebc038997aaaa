import assert from "node:assert/strict";

Deno.test("the demo shows an image allowed, three denied, and a caller without certificate refused", async () => {
  const { code, stdout, stderr } = await new Deno.Command(`${import.meta.dirname}/../dev`, {
    args: ["demo"],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert.equal(code, 0, text + new TextDecoder().decode(stderr));
  const lines = text.split("\n").filter((line) =>
    /^[A-Z]+ /.test(line) && !line.startsWith("Assay")
  );
  assert.deepEqual(lines.map((line) => line.replace(/:v1: .*/, "")), [
    "ALLOW     demo.example.com/signed",
    "DENY      demo.example.com/unsigned",
    "DENY      demo.example.com/tampered",
    "DENY      demo.example.com/stranger",
    "REFUSED   a caller without a certificate",
  ]);
  assert.match(text, /is not signed/);
  assert.match(text, /signature does not verify|altered/);
});
