import assert from "node:assert/strict";
import { repositoryOf } from "./predicates.ts";

Deno.test("repositoryOf leaves out what is said beside a repository, and nothing else", () => {
  const same = "https://forge.example/org/app";
  for (
    const uri of [
      same,
      `${same}/`,
      `${same}.git`,
      `git+${same}`,
      `git+${same}.git@refs/heads/main`,
      `${same}@refs/tags/v1.0/rc`,
      `${same}@0123456789abcdef0123456789abcdef01234567`,
    ]
  ) {
    assert.equal(repositoryOf(uri), same, uri);
  }
  for (
    const uri of [
      "https://forge.example/org/app2",
      "https://forge.example/org/app@other.example/x",
      "https://user@forge.example/org/app",
      "https://forge.example/org/app#x",
      "http://forge.example/org/app",
    ]
  ) {
    assert.notEqual(repositoryOf(uri), same, uri);
  }
});
