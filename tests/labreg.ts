/**
 * The lab registry: a registry of others' making (go-containerregistry), in a process of its own on the
 * loopback address. `tests/labreg/` has its source.
 */

import { type GoProgram, goProgram } from "./go_program.ts";

/** A running registry. */
export interface LabRegistry extends AsyncDisposable {
  /** Host and port. */
  readonly host: string;
  /** Makes it slow or faulty, as in `fault=429&rate=0.5` or `latency=20ms`; `fault=` ends it. */
  set(query: string): Promise<void>;
  /** How many requests came since the last call. */
  requests(): Promise<number>;
  /** How many bytes of endless answers were taken since the last call of `requests`. */
  written(): Promise<number>;
  /** Stores all that a layout lists, and its blobs; what the layout tags has these tags. */
  push(layout: string, repository: string): Promise<void>;
}

/** Builds the program, or finds that it has been. */
export function labRegistryProgram(): Promise<GoProgram> {
  return goProgram("labreg");
}

/** Starts the registry; without the referrers API when told so. */
export async function startLabRegistry(path: string, referrersApi = true): Promise<LabRegistry> {
  const host = `127.0.0.1:${freePort()}`;
  const process = new Deno.Command(path, {
    args: ["-addr", host, `-referrers=${referrersApi}`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.status;
  };
  try {
    await untilItAnswers(host);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    [Symbol.asyncDispose]: stop,
    set: (query) => post(host, `set?${query}`),
    push: (layout, repository) => pushLayout(host, layout, repository, referrersApi),
    written: async () => (await (await fetch(`http://${host}/lab/stats`)).json()).written,
    requests: async () => {
      const stats = await (await fetch(`http://${host}/lab/stats`)).json();
      await post(host, "reset");
      return stats.total;
    },
  };
}

/** A port that was free just now. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilItAnswers(host: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    try {
      await (await fetch(`http://${host}/v2/`)).body?.cancel();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`the lab registry on ${host} does not answer`);
}

async function post(host: string, path: string): Promise<void> {
  await (await fetch(`http://${host}/lab/${path}`, { method: "POST" })).body?.cancel();
}

interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What a client that pushes looks at in a manifest. */
interface Pushed {
  readonly manifests?: readonly Entry[];
  readonly subject?: Entry;
  readonly artifactType?: string;
  readonly config?: Entry;
}

const INDEX = "application/vnd.oci.image.index.v1+json";

/** Pushes as clients do: blobs, manifests, indexes, and where there is no API the referrers tags. */
async function pushLayout(
  host: string,
  layout: string,
  repository: string,
  referrersApi: boolean,
): Promise<void> {
  const base = `http://${host}/v2/${repository}`;
  const listed: Entry[] = JSON.parse(await Deno.readTextFile(`${layout}/index.json`)).manifests;
  const read = async ({ digest }: Entry): Promise<Pushed> =>
    JSON.parse(await Deno.readTextFile(`${layout}/blobs/${digest.replace(":", "/")}`));
  const entries: Entry[] = [];
  for (const entry of listed) {
    // An index is accepted when what it lists is there.
    entries.push(...(await read(entry)).manifests ?? [], entry);
  }
  const manifests = new Set(entries.map(({ digest }) => digest));
  for await (const { name } of Deno.readDir(`${layout}/blobs/sha256`)) {
    const digest = `sha256:${name}`;
    if (manifests.has(digest)) continue;
    // A registry refuses what does not have its digest; such content stays away.
    const body = await Deno.readFile(`${layout}/blobs/sha256/${name}`);
    const response = await fetch(`${base}/blobs/uploads/?digest=${digest}`, {
      method: "POST",
      body,
    });
    await response.body?.cancel();
  }
  const tags = new Map<string, unknown[]>();
  for (const entry of entries) {
    const body = await Deno.readFile(`${layout}/blobs/${entry.digest.replace(":", "/")}`);
    const tag = entry.annotations?.["org.opencontainers.image.ref.name"];
    await putManifest(base, entry.digest, entry.mediaType, body);
    if (tag !== undefined) await putManifest(base, tag, entry.mediaType, body);
    const { subject, artifactType, config } = await read(entry);
    if (subject === undefined) continue;
    const key = subject.digest.replace(":", "-");
    const { mediaType, digest, size } = entry;
    const type = artifactType ?? config?.mediaType;
    tags.set(key, [...tags.get(key) ?? [], { mediaType, digest, size, artifactType: type }]);
  }
  if (referrersApi) return;
  for (const [tag, list] of tags) {
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: list };
    await putManifest(base, tag, INDEX, JSON.stringify(index));
  }
}

async function putManifest(
  base: string,
  name: string,
  mediaType: string,
  body: BodyInit,
): Promise<void> {
  const headers = { "content-type": mediaType };
  const response = await fetch(`${base}/manifests/${name}`, { method: "PUT", body, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`the lab registry refused ${name}: ${text}`);
}
