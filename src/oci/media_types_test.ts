import assert from "node:assert/strict";
import { isMediaType, MANIFEST_MEDIA_TYPES } from "./media_types.ts";

Deno.test("isMediaType accepts restricted names on both sides of one slash", () => {
  const accepted = [
    ...MANIFEST_MEDIA_TYPES,
    "application/jose+json",
    "text/plain",
    "a/b",
    "9/x!#$&-^_.+",
    `${"a".repeat(127)}/${"b".repeat(127)}`,
  ];
  for (const text of accepted) assert.equal(isMediaType(text), true, text);
});

Deno.test("isMediaType refuses everything else", () => {
  const refused = [
    "",
    "/",
    "application",
    "application/",
    "/json",
    "application/json/x",
    "application//json",
    "application/json; charset=utf-8",
    " application/json",
    "application/json ",
    "application/json\n",
    "application/js on",
    "application/.json",
    "+application/json",
    "appli\u0441ation/json",
    `${"a".repeat(128)}/b`,
    `a/${"b".repeat(128)}`,
    "*/*",
  ];
  for (const text of refused) assert.equal(isMediaType(text), false, text);
});
