import assert from "node:assert/strict";
import { posix } from "node:path";

/*
 * The rooms of src/ and which others each may import. Arrows point one way: towards what is more
 * basic. Everybody may import src/errors.ts, and whoever may do input or output src/telemetry.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  "main.ts": ["cli"],
  cli: [
    "server",
    "certificates",
    "records",
    "engine",
    "resources",
    "plugins",
    "revocation",
    "tuf",
    "cloud",
    "stores",
    "verifiers",
    "keys",
    "report",
    "trust",
    "oci",
  ],
  server: ["engine", "resources", "report", "oci", "crypto"],
  certificates: ["cloud", "trust", "crypto"],
  records: [
    "engine",
    "resources",
    "stores",
    "verifiers",
    "report",
    "trust",
    "oci",
    "crypto",
  ],
  engine: ["resources", "stores", "verifiers", "policy", "report", "trust", "oci", "crypto"],
  resources: [
    "cloud",
    "rekor",
    "tuf",
    "stores",
    "verifiers",
    "policy",
    "keys",
    "report",
    "trust",
    "oci",
    "crypto",
  ],
  policy: ["report"], // Rego and CEL too: what they run on is handed to them, or computes only
  verifiers: ["report", "trust", "crypto", "oci"],
  plugins: ["verifiers", "cloud", "crypto"],
  revocation: ["trust", "crypto"],
  cloud: ["crypto"],
  stores: ["cloud", "oci", "crypto"],
  keys: ["cloud", "trust", "crypto"],
  rekor: ["crypto"],
  tuf: ["trust", "crypto"],
  report: ["oci"],
  trust: ["crypto"],
  oci: ["crypto"],
  crypto: [],
  telemetry: [],
};

/** Rooms that decide. They are handed what they need, so that the same input gives the same answer. */
const WITHOUT_IO = ["policy", "verifiers", "report", "trust", "oci", "crypto"];

/** Packages that only tests may use: they make material and give a second opinion. */
const TEST_ONLY = [
  "jose",
  "cbor2",
  "fast-check",
  "@peculiar/x509",
  "reflect-metadata",
  "pkijs",
  "asn1js",
  "@tufjs/models",
  "@alicloud/openapi-client",
  "@alicloud/openapi-util",
  "@alicloud/tea-util",
  "@smithy/signature-v4",
];

interface Source {
  readonly path: string;
  readonly room: string;
  readonly text: string;
  readonly imports: readonly string[];
}

Deno.test("every room imports only the rooms that its row allows", () => {
  const found: string[] = [];
  for (const { path, room, imports } of sources()) {
    for (const specifier of imports.filter((name) => name.startsWith("."))) {
      const target = roomOf(posix.normalize(posix.join(posix.dirname(path), specifier)));
      if (target === room || target === "errors.ts") continue;
      if (target === "telemetry" && mayLog(room)) continue;
      if (!MAY_IMPORT[room]?.includes(target)) found.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("a room is entered by its door, mod.ts", () => {
  const found: string[] = [];
  for (const { path, room, imports } of sources()) {
    for (const specifier of imports.filter((name) => name.startsWith("."))) {
      const target = posix.normalize(posix.join(posix.dirname(path), specifier));
      const other = roomOf(target);
      if (other !== room && other !== "errors.ts" && target !== `src/${other}/mod.ts`) {
        found.push(`${path} imports ${specifier}`);
      }
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("rooms that decide do no input or output", () => {
  const forbidden =
    /\bDeno\.|\bfetch\(|\bWebSocket\b|\bDate\.now\(|\bnew Date\(\)|\bsetTimeout\(|\blocalStorage\b/;
  const found: string[] = [];
  for (const { path, room, text, imports } of sources()) {
    if (!WITHOUT_IO.includes(room)) continue;
    const line = code(text).split("\n").findIndex((content) => forbidden.test(content));
    if (line >= 0) found.push(`${path}:${line + 1}`);
    for (const specifier of imports.filter((name) => name.startsWith("node:"))) {
      if (specifier !== "node:crypto") found.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(found, []);
});

Deno.test("the product uses no package that is for tests", () => {
  const found = sources().flatMap(({ path, imports }) =>
    imports.filter((name) => TEST_ONLY.some((only) => name === only || name.startsWith(`${only}/`)))
      .map((name) => `${path} imports ${name}`)
  );
  assert.deepEqual(found, []);
});

Deno.test("signatures are checked in one place", () => {
  const found = sources().filter(({ text }) => /subtle\s*\.\s*verify\(/.test(code(text)))
    .map(({ path }) => path);
  assert.deepEqual(found, ["src/crypto/verify_signature.ts"]);
});

Deno.test("mod.ts only re-exports", () => {
  const found = sources().filter(({ path }) => path.endsWith("/mod.ts")).flatMap(
    ({ path, text }) => {
      const rest = code(text).replace(
        /export (type )?\{[^}]*\} from "[^"]+";|export \* from "[^"]+";/g,
        "",
      );
      return rest.trim() === "" || path === "src/cli/commands/mod.ts" ? [] : [path];
    },
  );
  assert.deepEqual(found, []);
});

Deno.test("every room has a row, and every row a room", () => {
  const rooms = new Set(sources().map(({ room }) => room));
  rooms.delete("errors.ts");
  assert.deepEqual([...rooms].sort(), Object.keys(MAY_IMPORT).sort());
});

let cached: Source[] | undefined;

/** All files of the product, tests left out. */
function sources(): readonly Source[] {
  return cached ??= ["main.ts", ...walk("src")].map((path) => {
    const text = Deno.readTextFileSync(new URL(`../${path}`, import.meta.url));
    const imports = [...code(text).matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)]
      .map((match) => match[1] ?? "");
    return { path, room: roomOf(path), text, imports };
  });
}

function walk(folder: string): string[] {
  return [...Deno.readDirSync(new URL(`../${folder}`, import.meta.url))].flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) return walk(path);
    return path.endsWith(".ts") && !path.endsWith("_test.ts") ? [path] : [];
  }).sort();
}

function roomOf(path: string): string {
  return path.startsWith("src/") ? path.split("/")[1] ?? "" : path;
}

/** Rooms that decide do not log, and main.ts has nothing to say. */
function mayLog(room: string): boolean {
  return room !== "main.ts" && !WITHOUT_IO.includes(room);
}

/** The text without comments; line numbers stay. */
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "))
    .replace(/^\s*\/\/.*$/gm, "").replace(/\s\/\/ .*$/gm, "");
}
