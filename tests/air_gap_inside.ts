// deno-lint-ignore-file no-console -- a program that prints
/**
 * What runs where nothing but the loopback address can be reached: serves what was carried in, asks as
 * Gatekeeper does, and prints the answers as one JSON object. `air_gap_test.ts` starts it.
 *
 *     air_gap_inside.ts PROGRAM CONFIG FOLDER MUTUAL IMAGE...
 */
import { serveProgram } from "./binary.ts";
import { askVerify, parties } from "./service.ts";

const [program = "", config = "", folder = "", mutual = "", ...images] = Deno.args;
const { server, clientCa } = await parties();
await Deno.mkdir(`${folder}/tls`, { recursive: true });
await Deno.writeTextFile(`${folder}/tls/tls.crt`, server.cert);
await Deno.writeTextFile(`${folder}/tls/tls.key`, server.key);
await Deno.writeTextFile(`${folder}/client-ca.crt`, clientCa);

const args = ["serve", "--http", "127.0.0.1:0", "--health-port", "127.0.0.1:0"];
args.push("--config", config, "--cert-dir", `${folder}/tls`);
if (mutual === "mutual") args.push("--ca-cert-file", `${folder}/client-ca.crt`);
const env = Object.fromEntries(
  ["DENO", "DENO_DIR", "PATH", "ASSAY_STATE_DIR"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  }),
);
const [command = "", ...before] = program.split(" ");
await using service = await serveProgram(command, [...before, ...args], env);
const host = service.addresses.get("provider") ?? "";
const { json } = await askVerify(host, images);
const stranger = await askVerify(host, images, { pair: undefined }).then(
  () => "answered",
  () => "refused",
);
console.log(JSON.stringify({ response: json.response, stranger }));
