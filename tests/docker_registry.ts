/** Debian's docker-registry (distribution 2.8): users and passwords, and no referrers API. */

/** A running registry that wants a user. */
export interface DockerRegistry extends AsyncDisposable {
  /** Host and port. */
  readonly host: string;
  /** Stores all that a layout lists, with its tags, and an index of what is attached to its images. */
  push(layout: string, repository: string): Promise<void>;
}

export const USER = "puller";
export const PASSWORD = "correct horse";
/** The password, as `htpasswd -B` writes it. */
const HTPASSWD = "puller:$2y$04$t.a4fY8BXVfFfilMCUNVYOQr3OloXjwaAhcF/aF3KxP1Dc6pbs0ja\n";

/** Whether the program is there. */
export async function hasDockerRegistry(): Promise<boolean> {
  try {
    await new Deno.Command("docker-registry", { args: ["--version"] }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Starts one with its data below `folder`. */
export async function startDockerRegistry(folder: string): Promise<DockerRegistry> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const host = `127.0.0.1:${listener.addr.port}`;
  listener.close();
  await Deno.writeTextFile(`${folder}/htpasswd`, HTPASSWD);
  await Deno.writeTextFile(
    `${folder}/config.yml`,
    `version: 0.1
log: {level: error, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: ${folder}/data}}
http: {addr: "${host}", secret: not-shared}
auth: {htpasswd: {realm: lab, path: ${folder}/htpasswd}}
`,
  );
  const process = new Deno.Command("docker-registry", {
    args: ["serve", `${folder}/config.yml`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const stop = async (): Promise<void> => {
    process.kill("SIGKILL");
    await process.status;
  };
  try {
    await answering(host);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    host,
    push: (layout, repository) => push(`http://${host}/v2/${repository}`, layout),
    [Symbol.asyncDispose]: stop,
  };
}

const AUTHORIZATION = `Basic ${btoa(`${USER}:${PASSWORD}`)}`;
const INDEX = "application/vnd.oci.image.index.v1+json";

interface Entry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

async function push(base: string, layout: string): Promise<void> {
  const entries: Entry[] = JSON.parse(await Deno.readTextFile(`${layout}/index.json`)).manifests;
  const manifests = new Set(entries.map(({ digest }) => digest));
  for await (const { name } of Deno.readDir(`${layout}/blobs/sha256`)) {
    const digest = `sha256:${name}`;
    if (!manifests.has(digest)) {
      await pushBlob(base, digest, await Deno.readFile(`${layout}/blobs/sha256/${name}`));
    }
  }
  const attached = new Map<string, unknown[]>();
  for (const entry of entries) {
    const body = await Deno.readFile(`${layout}/blobs/${entry.digest.replace(":", "/")}`);
    const { subject, config } = JSON.parse(new TextDecoder().decode(body));
    const tag = entry.annotations?.["org.opencontainers.image.ref.name"];
    await put(`${base}/manifests/${entry.digest}`, entry.mediaType, body);
    if (tag !== undefined) await put(`${base}/manifests/${tag}`, entry.mediaType, body);
    if (subject === undefined) continue;
    const { mediaType, digest, size } = entry;
    const listed = { mediaType, digest, size, artifactType: config.mediaType };
    const key = subject.digest.replace(":", "-");
    attached.set(key, [...attached.get(key) ?? [], listed]);
  }
  for (const [tag, list] of attached) {
    const index = { schemaVersion: 2, mediaType: INDEX, manifests: list };
    await put(`${base}/manifests/${tag}`, INDEX, JSON.stringify(index));
  }
}

async function pushBlob(base: string, digest: string, body: BodyInit): Promise<void> {
  const headers = { authorization: AUTHORIZATION };
  const begun = await fetch(`${base}/blobs/uploads/`, { method: "POST", headers });
  await begun.body?.cancel();
  const place = new URL(begun.headers.get("location") ?? "", base);
  place.searchParams.set("digest", digest);
  await put(place.href, "application/octet-stream", body);
}

async function put(url: string, type: string, body: BodyInit): Promise<void> {
  const headers = { authorization: AUTHORIZATION, "content-type": type };
  const response = await fetch(url, { method: "PUT", headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`the registry refused ${url}: ${response.status} ${text}`);
}

async function answering(host: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    try {
      await (await fetch(`http://${host}/v2/`)).body?.cancel();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
  throw new Error(`the registry on ${host} does not answer`);
}
