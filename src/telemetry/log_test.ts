import assert from "node:assert/strict";
import fc from "fast-check";
import { AssayError, VerificationFailure } from "../errors.ts";
import type { LogLevel } from "./level.ts";
import { createLogger, type LogFields, type LogFormat, NO_LOG } from "./log.ts";

const NOW = new Date("2026-03-04T05:06:07.089Z");

/** What one call writes. */
function written(format: LogFormat, message: string, fields: LogFields = {}): string {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  createLogger({ format, level: "info", write, now: () => NOW }).info(message, fields);
  assert.equal(lines.length, 1);
  return lines[0] ?? "";
}

const textOf = (value: unknown): string =>
  written("text", "m", { value }).replace(/^time=\S+ level=info msg="m" ?/, "");

const jsonOf = (value: unknown): unknown => JSON.parse(written("json", "m", { value })).value;

Deno.test("text is time, level, quoted message and fields", () => {
  assert.equal(
    written("text", "answered", { namespace: "team-a", durationMs: 12.5, cached: true, host: "" }),
    'time=2026-03-04T05:06:07.089Z level=info msg="answered" namespace=team-a durationMs=12.5 ' +
      'cached=true host=""',
  );
});

Deno.test("json is one object with time, level, msg and fields", () => {
  assert.equal(
    written("json", "answered", { "trace-id": "t1", keys: ["a", "b"] }),
    '{"time":"2026-03-04T05:06:07.089Z","level":"info","msg":"answered","trace-id":"t1","keys":["a","b"]}',
  );
});

Deno.test("logstash is one object with Logstash's own names", () => {
  assert.equal(
    written("logstash", "answered", { namespace: "team-a" }),
    '{"@timestamp":"2026-03-04T05:06:07.089Z","@version":"1","level":"info","message":"answered","namespace":"team-a"}',
  );
});

Deno.test("fields do not take the place of what a line has of itself", () => {
  for (const format of ["json", "logstash"] as const) {
    const line = JSON.parse(
      written(format, "real", { msg: "x", message: "x", level: "error", "@version": "9" }),
    );
    assert.equal(line.msg ?? line.message, "real");
    assert.equal(line.level, "info");
    assert.equal(line["fields.level"], "error");
    assert.equal(line["fields.@version"], "9");
  }
});

for (
  const [name, value, expected] of [
    [
      "safe characters stay bare",
      "registry.example:5000/app@sha256:ab",
      "registry.example:5000/app@sha256:ab",
    ],
    ["spaces are quoted", "a b", '"a b"'],
    ["an equals sign is quoted", "a=b", '"a=b"'],
    ["a quote is escaped", 'a"b', '"a\\"b"'],
    ["a backslash is escaped", "a\\b", '"a\\\\b"'],
    ["a line break is escaped", "a\nlevel=error", '"a\\nlevel=error"'],
    ["a carriage return is escaped", "a\rb", '"a\\rb"'],
    ["an escape sequence is escaped", "\u001b[2J", '"\\u001b[2J"'],
    ["a C1 control is escaped", "a\u009bb", '"a\\u009bb"'],
    ["a line separator is escaped", "a\u2028b", '"a\\u2028b"'],
    ["a mark of writing direction is escaped", "a\u202eb", '"a\\u202eb"'],
    ["an unseen character is escaped", "a\u200bb", '"a\\u200bb"'],
    ["an unseen character of two halves is escaped", "a\u{e0041}b", '"a\\udb40\\udc41b"'],
    ["half a character is escaped", "a\ud800b", '"a\\ud800b"'],
    ["letters of other scripts stay readable", "Zürich", '"Zürich"'],
    ["null is null", null, "null"],
    ["a list is quoted JSON", ["a", 1], '"[\\"a\\",1]"'],
    ["a big integer is its digits", 12345678901234567890n, "12345678901234567890"],
    ["a number that is none is a word", Number.NaN, "NaN"],
    ["a date is RFC 3339", NOW, "2026-03-04T05:06:07.089Z"],
    ["bytes are counted, not shown", new Uint8Array(7), '"7 bytes"'],
  ] as const
) {
  Deno.test(`text: ${name}`, () => assert.equal(textOf(value), `value=${expected}`));
}

Deno.test("text: an object gives a pair for each member", () => {
  assert.equal(
    textOf({ a: 1, b: { c: 2 }, "x y": "z" }),
    'value.a=1 value.b="{\\"c\\":2}" value.x_y=z',
  );
});

Deno.test("text: a name is made of safe characters", () => {
  assert.match(written("text", "m", { "a b\n=": 1 }), / a_b__=1$/);
});

Deno.test("whatever is logged, a line is one line of printable characters, and json can be read", () => {
  fc.assert(
    fc.property(
      fc.constantFrom<LogFormat>("text", "json", "logstash"),
      fc.string({ unit: "binary" }),
      fc.dictionary(fc.string({ unit: "binary" }), fc.anything(), { maxKeys: 5 }),
      (format, message, fields) => {
        const line = written(format, message, fields);
        assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        assert.ok(line.isWellFormed());
        if (format !== "text") JSON.parse(line);
      },
    ),
  );
});

Deno.test("a forged line cannot be made out of a value", () => {
  const forged = 'x" level=error msg="all is well';
  const line = written("text", forged, { host: forged });
  assert.equal([...line.matchAll(/(?<!\\)"/g)].length, 4);
});

Deno.test("long texts are cut", () => {
  const value = jsonOf("x".repeat(10_000));
  assert.equal(value, `${"x".repeat(2048)}…`);
  assert.equal(JSON.parse(written("json", "y".repeat(10_000))).msg.length, 2049);
});

Deno.test("deep, wide and endless values are cut", () => {
  const endless: Record<string, unknown> = {};
  endless["self"] = endless;
  assert.deepEqual(jsonOf(endless), { self: { self: { self: { self: "…" } } } });
  assert.deepEqual(
    jsonOf(Array.from({ length: 40 }, (_, index) => index)),
    [...Array.from({ length: 32 }, (_, index) => index), "…"],
  );
  const wide = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, index]));
  const shown = jsonOf(wide) as Record<string, unknown>;
  assert.equal(Object.keys(shown).length, 33);
  assert.equal(shown["…"], 8);
  const tree = (depth: number): unknown =>
    Array.from({ length: 32 }, () => depth ? tree(depth - 1) : 1);
  assert.ok(written("json", "m", { value: tree(2) }).length < 5000);
});

Deno.test("an error is code, component, message and detail, without stack, cause and remedy", () => {
  const error = new AssayError({
    code: "AUTH_DENIED",
    component: "referrerStore",
    message: "registry.example refused",
    detail: "401",
    cause: new Error("inner"),
  });
  const expected = {
    code: "AUTH_DENIED",
    component: "referrerStore",
    message: "registry.example refused",
    detail: "401",
  };
  assert.deepEqual(jsonOf(error), expected);
  assert.equal(
    textOf(error),
    'value.code=AUTH_DENIED value.component=referrerStore value.message="registry.example refused" value.detail=401',
  );
  assert.deepEqual(jsonOf(new TypeError("boom")), { name: "TypeError", message: "boom" });
  const failure = new VerificationFailure({ reason: "expiry", message: "old" });
  assert.deepEqual(jsonOf(failure), { reason: "expiry", message: "old" });
});

Deno.test("secrets are not logged", () => {
  const secrets = [
    "asking https://user:hunter2@registry.example/v2/ failed",
    "redirected to https://blobs.example/x?X-Amz-Signature=hunter2&X-Amz-Date=1",
    "sent Authorization: Bearer hunter2hunter2",
    "sent Basic aHVudGVyMjpodW50ZXIy",
  ];
  for (const text of secrets) {
    for (const line of [written("text", text), written("json", "m", { text, deep: [{ text }] })]) {
      assert.doesNotMatch(line, /hunter2|aHVudGVy/);
    }
  }
  const fields = {
    password: "hunter2",
    identityToken: "hunter2",
    deep: { Authorization: "hunter2" },
  };
  assert.doesNotMatch(written("json", "m", fields), /hunter2/);
  assert.doesNotMatch(written("text", "m", fields), /hunter2/);
});

Deno.test("what looks like a secret but is none stays readable", () => {
  const texts = [
    "registry.example/app@sha256:ab",
    'Bearer realm="https://auth.example/token"',
    "basic auth",
  ];
  for (const text of texts) assert.equal(jsonOf(text), text);
});

Deno.test("each level shows itself and what is more severe", () => {
  const shown = (level: LogLevel): string => {
    let all = "";
    const write = (line: string): void => void (all += line.match(/level=(.)/)?.[1]);
    const log = createLogger({ format: "text", level, write, now: () => NOW });
    log.error("m");
    log.warn("m");
    log.info("m");
    log.debug("m");
    return all;
  };
  assert.deepEqual((["error", "warn", "info", "debug"] as const).map(shown), [
    "e",
    "ew",
    "ewi",
    "ewid",
  ]);
});

Deno.test("with adds fields to every line, and the line's own come last", () => {
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const log = createLogger({ format: "json", level: "info", write, now: () => NOW });
  const child = log.with({ "trace-id": "t1", namespace: "a" }).with({ namespace: "b" });
  child.info("one", { namespace: "c" });
  child.info("two");
  log.info("three");
  const fields = lines.map((line) => JSON.parse(line));
  assert.deepEqual(fields.map((line) => line["trace-id"]), ["t1", "t1", undefined]);
  assert.deepEqual(fields.map((line) => line.namespace), ["c", "b", undefined]);
});

Deno.test("undefined fields are left out", () => {
  assert.doesNotMatch(written("text", "m", { gone: undefined, deep: { gone: undefined } }), /gone/);
});

Deno.test("a log that cannot be written throws nothing", () => {
  const write = (): never => {
    throw new Error("no space left");
  };
  createLogger({ format: "text", level: "info", write, now: () => NOW }).error("m");
  NO_LOG.with({ a: 1 }).error("m");
});
