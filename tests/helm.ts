/** Renders the chart with Helm, which is built from its Go module. */

import { parseAllDocuments, stringify } from "yaml";
import { goProgram } from "./go_program.ts";
import { temporaryFolder } from "./temp.ts";

export const CHART = `${import.meta.dirname}/../k8s/charts/assay`;

/** Helm, or why there is none. */
export const helm = await goProgram("helm", "helm.sh/helm/v3/cmd/helm");

/** Values of a chart: what `--values` has, without the text. */
export type Values = Readonly<Record<string, unknown>>;

// deno-lint-ignore no-explicit-any -- manifests of many kinds, whose members the assertions name
export type Manifest = any;

/** For which release a chart is rendered. */
export interface Release {
  readonly chart?: string;
  readonly name?: string;
  readonly namespace?: string;
}

/** Renders a chart as `helm template` does. Rejects with what Helm says. */
export async function render(values: Values, release: Release = {}): Promise<Manifest[]> {
  await using folder = await temporaryFolder();
  const file = `${folder.path}/values.yaml`;
  await Deno.writeTextFile(file, stringify(values));
  const { name = "ratify", namespace = "gatekeeper-system", chart = CHART } = release;
  const { success, out, err } = await runHelm([
    "template",
    name,
    chart,
    `--namespace=${namespace}`,
    "--kube-version=1.36.0",
    `--values=${file}`,
  ], folder.path);
  if (!success) throw new Error(err);
  return parseAllDocuments(out).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0];
    return document.toJS();
  }).filter((object) => object !== null);
}

/** Runs Helm with a home of its own. */
export async function runHelm(
  args: readonly string[],
  home: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly success: boolean; readonly out: string; readonly err: string }> {
  if (!("path" in helm)) throw new Error(helm.missing);
  const { success, stdout, stderr } = await new Deno.Command(helm.path, {
    args: [...args],
    env: { HOME: home, KUBECONFIG: `${home}/none`, ...env },
  }).output();
  const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { success, out: decode(stdout), err: decode(stderr) };
}

/** What Helm would tell the person who installs: the chart's notes. */
export async function renderNotes(values: Values, release: Release = {}): Promise<string> {
  await using folder = await temporaryFolder();
  const chart = `${folder.path}/assay`;
  await copy(CHART, chart);
  await Deno.rename(`${chart}/templates/NOTES.txt`, `${chart}/NOTES.txt`);
  await Deno.writeTextFile(
    `${chart}/templates/probe.yaml`,
    'kind: Probe\nnotes: {{ tpl (.Files.Get "NOTES.txt") . | toJson }}\n',
  );
  const objects = await render(values, { ...release, chart });
  return objects.find(({ kind }) => kind === "Probe").notes;
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copy(`${from}/${name}`, `${to}/${name}`);
    else await Deno.copyFile(`${from}/${name}`, `${to}/${name}`);
  }
}
