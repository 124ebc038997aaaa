import assert from "node:assert/strict";
import { temporaryFolder } from "./temp.ts";

Deno.test("temporaryFolder makes an empty folder of its own and removes it with its content", async () => {
  let path: string;
  {
    await using one = await temporaryFolder();
    await using other = await temporaryFolder();
    path = one.path;
    assert.notEqual(path, other.path);
    assert.deepEqual([...Deno.readDirSync(path)], []);
    await Deno.mkdir(`${path}/a/b`, { recursive: true });
    await Deno.writeTextFile(`${path}/a/b/c`, "content");
  }
  await assert.rejects(Deno.stat(path), Deno.errors.NotFound);
});
