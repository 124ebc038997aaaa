/** A provider over HTTPS that answers whatever it is told to, with certificates made for one run. */

import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { derWriter, extendedKeyUsage, extension, forgeCertificate, keyUsage } from "./forge/mod.ts";

/** What goes over the wire; the body is sent as it is when it is a text, else as JSON. */
export interface Answer {
  readonly body: unknown;
  /** 200 when absent. */
  readonly status?: number;
  /** Never answers while the client waits. */
  readonly hangs?: boolean;
}

/** Makes the answer for the keys that were asked for. */
export type Answering = (keys: readonly string[]) => Answer;

export interface FakeProvider extends AsyncDisposable {
  /** The address without a path. The path names the answer. */
  readonly url: string;
  /** The PEM text of the authority of its certificate. */
  readonly authority: string;
  /** The keys of all requests so far, one list for each request. */
  readonly asked: readonly (readonly string[])[];
}

/** Starts a provider that answers at `/NAME` what `answers` has under that name. */
export async function startFakeProvider(
  answers: ReadonlyMap<string, Answering>,
): Promise<FakeProvider> {
  const authority = await forgeCertificate({ role: "ca" });
  const asked: string[][] = [];
  const server = createServer(await serverCertificate(authority), (request, response) => {
    let text = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => text += chunk);
    request.on("end", () => {
      const keys: string[] = JSON.parse(text).request.keys ?? [];
      asked.push(keys);
      const answer = answers.get(decodeURIComponent(request.url?.slice(1) ?? ""));
      if (answer === undefined) throw new Error(`no answer for ${request.url}`);
      const { body, status = 200, hangs = false } = answer(keys);
      if (hangs) return;
      response.writeHead(status, { "content-type": "application/json" });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    authority: authority.pem,
    asked,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serverCertificate(
  issuer: Awaited<ReturnType<typeof forgeCertificate>>,
): Promise<{ cert: string; key: string }> {
  const certificate = await forgeCertificate({
    issuer,
    subject: [["CN", "provider"]],
    extensions: [
      keyUsage(["digitalSignature"]),
      extendedKeyUsage(["serverAuth"]),
      extension(
        "2.5.29.17",
        derWriter.sequence(derWriter.tlv(0x87, Uint8Array.of(127, 0, 0, 1))),
      ),
    ],
  });
  const lines = certificate.key.pkcs8.toBase64().match(/.{1,64}/g) ?? [];
  const key = `-----BEGIN PRIVATE KEY-----\n${lines.join("\n")}\n-----END PRIVATE KEY-----\n`;
  return { cert: certificate.pem, key };
}
