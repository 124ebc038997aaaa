/**
 * The container's file system without a container engine: what the final stage of the Dockerfile copies,
 * in an empty folder with the C library of this machine in place of the base image's, mounted read-only.
 */

import assert from "node:assert/strict";
import { type ProgramRun, runProgram, serveProgram, type ServingProgram } from "./binary.ts";

const PROJECT = `${import.meta.dirname}/..`;

/** Of what the base image carries, what a program may be linked with. */
const BASE_LIBRARIES = [
  ...["ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0"],
  ...["libresolv.so.2", "librt.so.1", "libgcc_s.so.1", "libstdc++.so.6"],
];

/** What the final stage of the Dockerfile says. */
export interface FinalStage {
  readonly base: string;
  readonly user: string;
  readonly path: string;
  /** The folder that the program starts in. */
  readonly folder: string;
  readonly entrypoint: string;
  /** Folders of the build context, and where their files go. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
}

/**
 * Reads the Dockerfile.
 *
 * @throws when it does something that this file cannot do after it.
 */
export async function readDockerfile(): Promise<FinalStage> {
  const text = await Deno.readTextFile(`${PROJECT}/Dockerfile`);
  const instructions = text.replace(/^#.*\n/gm, "").replaceAll("\\\n", " ").split("\n")
    .map((line) => line.trim()).filter((line) => line !== "")
    .map((line): [string, string] => [
      line.split(" ", 1)[0] ?? "",
      line.replace(/^\S+\s+/, ""),
    ]);
  const start = instructions.findLastIndex(([name]) => name === "FROM");
  const stage = instructions.slice(start);
  const known = ["FROM", "LABEL", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "ENTRYPOINT"];
  assert.deepEqual(stage.filter(([name]) => !known.includes(name)), []);
  const one = (name: string): string => {
    const values = stage.filter(([instruction]) => instruction === name);
    assert.equal(values.length, 1, name);
    return values[0]?.[1] ?? "";
  };
  const [entrypoint, ...more] = JSON.parse(one("ENTRYPOINT"));
  assert.deepEqual(more, []);
  const copies = stage.filter(([name]) => name === "COPY").map(([, value]) => {
    const [from = "", to = "", ...others] = value.split(/\s+/);
    assert.ok(from.endsWith("/") && to.endsWith("/") && others.length === 0, `COPY ${value}`);
    return { from, to };
  });
  return {
    base: one("FROM"),
    user: one("USER"),
    path: pathOf(one("ENV")),
    folder: one("WORKDIR"),
    entrypoint,
    copies,
  };
}

function pathOf(assignment: string): string {
  const [, path = ""] = /^PATH=(\S+)$/.exec(assignment) ?? [];
  assert.notEqual(path, "");
  return path;
}

/** Whether this process may mount and change its root. */
export async function mayAssemble(): Promise<boolean> {
  try {
    const { out } = await runProgram("unshare", ["--mount", "id", "-u"], hostPath());
    return out === "0\n";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A container's file system, and programs in it. */
export interface AssembledImage {
  readonly entrypoint: string;
  /** Puts a file or a folder where a cluster would mount one. */
  mount(path: string, what: { readonly text: string } | { readonly folder: string }): Promise<void>;
  run(command: readonly string[]): Promise<ProgramRun>;
  serve(command: readonly string[]): Promise<ServingProgram>;
}

/**
 * Assembles the image below an empty folder.
 *
 * @param context folders of the build context, by name, where they are not those of the project.
 */
export async function assembleImage(
  folder: string,
  context: Readonly<Record<string, string>>,
): Promise<AssembledImage> {
  const stage = await readDockerfile();
  assert.equal(stage.folder, "/"); // where chroot begins
  const root = `${folder}/root`;
  for (const name of ["etc", "home/nonroot", "proc", "tmp"]) {
    await Deno.mkdir(`${root}/${name}`, { recursive: true });
  }
  await Deno.writeTextFile(
    `${root}/etc/passwd`,
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
  );
  await Deno.chmod(`${root}/tmp`, 0o1777);
  const ignore = await Deno.readTextFile(`${PROJECT}/.dockerignore`);
  const sent = [...ignore.matchAll(/^!(.*)$/gm)].map(([, path = ""]) => path);
  for (const { from, to } of stage.copies) {
    const files = sent.filter((path) => path.startsWith(from));
    assert.notEqual(files.length, 0, `nothing of ${from} is sent to the builder`);
    await Deno.mkdir(`${root}${to}`, { recursive: true });
    for (const path of files) {
      const [top = "", ...rest] = path.split("/");
      const source = [context[top] ?? `${PROJECT}/${top}`, ...rest].join("/");
      await host("cp", ["-a", source, `${root}${to}`]);
    }
  }
  await copyLibraries(`${root}${stage.entrypoint}`, root);
  await host("chown", ["-R", "0:0", root]);
  const started = (command: readonly string[]): [string, string[], Record<string, string>] => [
    "unshare",
    ["--mount", "sh", "-c", ENTER, root, stage.user, stage.path, ...command],
    hostPath(),
  ];
  return {
    entrypoint: stage.entrypoint,
    mount: async (path, what) => {
      await Deno.mkdir(`${root}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
      if ("text" in what) await Deno.writeTextFile(`${root}${path}`, what.text);
      else await host("cp", ["-R", what.folder, `${root}${path}`]);
    },
    run: (command) => runProgram(...started(command)),
    serve: (command) => serveProgram(...started(command)),
  };
}

/** Makes `$0` the root, read-only, and starts the rest as user `$1` with `$2` as PATH. */
const ENTER = `set -e
user=$1 path=$2; shift 2
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount -o remount,bind,ro "$0"
chroot=$(command -v chroot)
exec setpriv --no-new-privs env -i PATH="$path" HOME=/home/nonroot "$chroot" --userspec="$user" --groups= "$0" "$@"
`;

/** What a program is linked with, where it is here, for the base image has the same. */
async function copyLibraries(program: string, root: string): Promise<void> {
  const { out } = await host("ldd", [program]);
  for (const [path] of out.matchAll(/\/\S+(?= \()/g)) {
    assert.ok(BASE_LIBRARIES.includes(path.replace(/.*\//, "")), `the base image has no ${path}`);
    await Deno.mkdir(`${root}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await host("cp", ["-L", path, `${root}${path}`]);
  }
}

async function host(command: string, args: readonly string[]): Promise<ProgramRun> {
  const run = await runProgram(command, args, hostPath());
  assert.equal(run.status, 0, `${command}: ${run.err}`);
  return run;
}

function hostPath(): Record<string, string> {
  return { PATH: `${Deno.env.get("PATH") ?? ""}:/usr/sbin:/sbin` };
}
