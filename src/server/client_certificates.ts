import { connect } from "node:tls";
import { AssayError } from "../errors.ts";
import { type Address, formatAddress } from "./address.ts";

/** The first runtime that holds clients to their certificates. */
const NEEDED = [2, 7, 14] as const;
const PROBE_TIMEOUT = 5_000;

/**
 * Refuses runtimes that accept clients without a certificate though one is required.
 *
 * @param version such as `2.9.6`.
 * @throws {AssayError} RUNTIME_UNSUITABLE.
 */
export function requireSuitableRuntime(version: string): void {
  const parts = version.split(".").map((part) => Number.parseInt(part, 10));
  for (const [index, needed] of NEEDED.entries()) {
    const found = parts[index] ?? 0;
    if (found > needed) return;
    if (found < needed || Number.isNaN(found)) {
      throw unsuitable(
        `Client certificates need Deno ${NEEDED.join(".")} or newer; this is ${version}`,
      );
    }
  }
}

/**
 * Asks the listener itself without a client certificate, as proof that it refuses.
 *
 * @param cert the listener's certificate, in PEM.
 * @throws {AssayError} RUNTIME_UNSUITABLE when it answers, or the proof cannot be had.
 */
export async function probeWithoutCertificate(address: Address, cert: string): Promise<void> {
  const host = address.hostname === "" ? "127.0.0.1" : address.hostname;
  const { promise, resolve } = Promise.withResolvers<"refused" | "answered" | "silent">();
  // Whose certificate answers does not matter: nothing is sent that anybody could want.
  const socket = connect({ host, port: address.port, ca: cert, rejectUnauthorized: false });
  socket.setTimeout(PROBE_TIMEOUT, () => resolve("silent"));
  socket.once("secureConnect", () => socket.write("GET / HTTP/1.1\r\nHost: probe\r\n\r\n"));
  socket.once("data", () => resolve("answered"));
  socket.once("close", () => resolve("refused"));
  socket.on("error", () => {}); // "close" follows
  const outcome = await promise;
  socket.destroy();
  if (outcome === "refused") return;
  throw unsuitable(
    outcome === "answered"
      ? `A client without certificate was answered on ${formatAddress(address)}`
      : `Whether clients without certificate are refused on ${
        formatAddress(address)
      } could not be proved`,
  );
}

function unsuitable(message: string): AssayError {
  return new AssayError({ code: "RUNTIME_UNSUITABLE", component: "server", message });
}
