/**
 * AWS as `moto` has it, a program that others wrote. It is looked for in `.work/moto` and on the PATH; to
 * have it there: `python3 -m venv .work/moto && .work/moto/bin/pip install 'moto[server]==5.2.5'`.
 */

import { AwsClient } from "aws4fetch";
import { freePort } from "./labreg.ts";

const PLACES = [`${import.meta.dirname}/../.work/moto/bin/moto_server`, "moto_server"];

/** What every service of it signs and answers for. */
export const MOTO_REGION = "eu-central-1";

/** A running server. */
export interface Moto extends AsyncDisposable {
  readonly address: string;
  /** Calls a service whose protocol is JSON, as an administrator. */
  call(service: string, target: string, body: unknown): Promise<Record<string, unknown>>;
  /** Makes a user who may do everything; from then on who does not sign, or signs wrongly, is refused. */
  enforce(): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }>;
}

/** The program; undefined when it is nowhere. */
export async function findMoto(): Promise<string | undefined> {
  for (const place of PLACES) {
    try {
      const { success } = await new Deno.Command(place, {
        args: ["--help"],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return place;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}

/** Starts a server whose state is in memory. */
export async function startMoto(program: string): Promise<Moto> {
  const port = freePort();
  const address = `http://127.0.0.1:${port}`;
  const process = new Deno.Command(program, {
    args: ["-H", "127.0.0.1", "-p", String(port)],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.status;
  };
  try {
    await answering(address);
  } catch (error) {
    await stop();
    throw error;
  }
  let keys = { accessKeyId: "first", secretAccessKey: "first" };
  const post = async (service: string, headers: HeadersInit, body: string): Promise<string> => {
    const client = new AwsClient({ ...keys, service, region: MOTO_REGION, retries: 0 });
    const response = await client.fetch(`${address}/`, { method: "POST", headers, body });
    const text = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${text}`);
    return text;
  };
  const iam = (action: string, parameters: Readonly<Record<string, string>>): Promise<string> =>
    post(
      "iam",
      { "content-type": "application/x-www-form-urlencoded" },
      new URLSearchParams({ Action: action, Version: "2010-05-08", ...parameters }).toString(),
    );
  return {
    address,
    call: async (service, target, body) => {
      const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
      const text = await post(service, headers, JSON.stringify(body));
      return text === "" ? {} : JSON.parse(text);
    },
    enforce: async () => {
      const user = { UserName: "assay" };
      const statement = [{ Effect: "Allow", Action: "*", Resource: "*" }];
      const document = { Version: "2012-10-17", Statement: statement };
      const reset = await fetch(`${address}/moto-api/reset-auth`, { method: "POST", body: "3" });
      await reset.body?.cancel();
      await iam("CreateUser", user);
      await iam("PutUserPolicy", {
        ...user,
        PolicyName: "all",
        PolicyDocument: JSON.stringify(document),
      });
      const text = await iam("CreateAccessKey", user);
      const element = (name: string): string =>
        new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? "";
      return keys = {
        accessKeyId: element("AccessKeyId"),
        secretAccessKey: element("SecretAccessKey"),
      };
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function answering(address: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    try {
      const response = await fetch(`${address}/moto-api/data.json`);
      await response.body?.cancel();
      if (response.ok) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("moto does not answer");
}
