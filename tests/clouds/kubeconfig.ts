import { stringify } from "yaml";
import type { ApiServerDouble } from "./api_server.ts";

/** Writes a kubeconfig that leads to the double into a folder; returns its path. */
export async function writeKubeconfig(api: ApiServerDouble, folder: string): Promise<string> {
  const path = `${folder}/kubeconfig`;
  const server = `https://127.0.0.1:${api.port}`;
  const text = stringify({
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "c",
    "clusters": [{ name: "c", cluster: { server, "certificate-authority-data": btoa(api.ca) } }],
    "users": [{ name: "u", user: { token: "PLANTED-token-1" } }],
    "contexts": [{ name: "c", context: { cluster: "c", user: "u" } }],
  });
  await Deno.writeTextFile(path, text);
  return path;
}
