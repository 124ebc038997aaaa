/**
 * A real control plane on loopback, without containers: etcd, kube-apiserver and Gatekeeper's manager as
 * plain processes, a registry, signed images and certificates. The scripts that start it lie beside the
 * project's folder; its programs are built from Go modules below `.work/control-plane` the first time.
 */

const ROOT = `${import.meta.dirname}/../..`;
const TOOLS = `${ROOT}/../shared/tools/gatekeeper`;
const WORK = `${ROOT}/.work`;
const PROGRAMS = [
  ["etcd", "etcd"],
  ["gatekeeper", "gatekeeper-manager"],
  ["kubernetes", "kube-apiserver"],
  ["kubernetes", "kubectl"],
  ["crane", "crane"],
  ["notation", "notation"],
] as const;

/** What a command did. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command to its end. */
export async function run(
  command: string,
  args: readonly string[],
  { env = {}, input }: { readonly env?: Record<string, string>; readonly input?: string } = {},
): Promise<Ran> {
  const child = new Deno.Command(command, {
    args: [...args],
    env,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

/** A running control plane. */
export interface ControlPlane extends AsyncDisposable {
  /** The kubeconfig of a cluster administrator. */
  readonly kubeconfig: string;
  /** The folder with certificates, images and logs. */
  readonly work: string;
  /** Host and port of the registry. */
  readonly registry: string;
  /** Where Gatekeeper looks for the provider. */
  readonly providerPort: number;
  /** `name` of the lab's image, by digest: `signed`, `unsigned`, `stranger`. */
  readonly images: ReadonlyMap<string, string>;
  readonly kubectlProgram: string;
  kubectl(...args: readonly string[]): Promise<Ran>;
  /** Applies objects. Throws with what kubectl says. */
  apply(...objects: readonly unknown[]): Promise<void>;
  /** Whether Gatekeeper says that it has loaded its policies. */
  isGatekeeperReady(): Promise<boolean>;
  /** Ends a process of the control plane at once and starts it again. */
  restart(name: "etcd" | "apiserver" | "gatekeeper"): Promise<void>;
  /** Starts Gatekeeper again, to which these names are this machine: there is no DNS of a cluster. */
  restartGatekeeperKnowing(names: readonly string[]): Promise<void>;
  /** Ends a process at once. */
  kill(name: "etcd" | "apiserver" | "gatekeeper"): Promise<void>;
}

/** Builds what is missing. Throws when the scripts are not there, or a build fails. */
export async function buildPrograms(): Promise<string> {
  const given = Deno.env.get("ASSAY_E2E_BIN");
  const bin = given ?? `${WORK}/control-plane/bin`;
  await Deno.mkdir(bin, { recursive: true });
  for (const [target, program] of PROGRAMS) {
    if (await exists(`${bin}/${program}`)) continue;
    const { code, err } = await run("bash", [`${TOOLS}/build-tools.sh`, target], {
      env: { BIN: bin },
    });
    if (code !== 0) throw new Error(`${program} could not be built: ${err.slice(-500)}`);
  }
  return bin;
}

/** Starts everything; the provider that Gatekeeper asks is to listen on `providerPort`. */
export async function startControlPlane(): Promise<ControlPlane> {
  const bin = await buildPrograms();
  const work = await Deno.makeTempDir({ dir: WORK, prefix: "e2e-" });
  const [REG_PORT, RATIFY_PORT, ETCD_PORT, ETCD_PEER, API_PORT, GK_PORT, GK_HEALTH, metrics] =
    freePorts(8);
  const env: Record<string, string> = {
    ...{ BIN: bin, WORK: work, PROVIDER: "none", FAILURE_POLICY: "Fail" },
    // Verdicts are asked for each time; nothing else of the machine is in the way.
    GK_EXTRA_FLAGS: `--external-data-provider-response-cache-ttl=0 --prometheus-port=${metrics}`,
    ...Object.fromEntries(
      Object.entries({ REG_PORT, RATIFY_PORT, ETCD_PORT, ETCD_PEER, API_PORT, GK_PORT, GK_HEALTH })
        .map(([name, port]) => [name, String(port)]),
    ),
  };
  const script = async (name: string, ...args: readonly string[]): Promise<Ran> => {
    const ran = await run("bash", [`${TOOLS}/${name}`, ...args], { env });
    if (ran.code !== 0) throw new Error(`${name} ${args.join(" ")}: ${ran.err.slice(-2000)}`);
    return ran;
  };
  const stop = async (): Promise<void> => {
    await run("bash", [`${TOOLS}/full/run.sh`, "down"], { env });
    await run("bash", [`${TOOLS}/lab.sh`, "down"], { env });
    await Deno.remove(work, { recursive: true });
  };
  try {
    await script("lab.sh", "up");
    await script("full/run.sh", "up");
  } catch (error) {
    await stop();
    throw error;
  }
  const kubeconfig = `${work}/cp/admin.kubeconfig`;
  const kubectl = (...args: readonly string[]): Promise<Ran> =>
    run(`${bin}/kubectl`, ["--kubeconfig", kubeconfig, ...args]);
  const images = new Map(
    (await Deno.readTextFile(`${work}/images.txt`)).trim().split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );
  const kill = async (name: string): Promise<void> => {
    const pid = Number(await Deno.readTextFile(`${work}/cp/${name}.pid`));
    Deno.kill(pid, "SIGKILL");
    while (await isRunning(pid)) await pause(20);
  };
  const plane: ControlPlane = {
    kubeconfig,
    work,
    registry: `127.0.0.1:${REG_PORT}`,
    providerPort: RATIFY_PORT ?? 0,
    images,
    kubectlProgram: `${bin}/kubectl`,
    kubectl,
    apply: async (...objects) => {
      const input = objects.map((one) => typeof one === "string" ? one : JSON.stringify(one))
        .join("\n---\n");
      const args = ["--kubeconfig", kubeconfig, "apply", "-f", "-"];
      const { code, err } = await run(`${bin}/kubectl`, args, { input });
      if (code !== 0) throw new Error(err);
    },
    isGatekeeperReady: async () => {
      try {
        const response = await fetch(`http://127.0.0.1:${GK_HEALTH}/readyz`);
        await response.body?.cancel();
        return response.ok;
      } catch {
        return false;
      }
    },
    kill,
    restart: (name) => restart(name, ['"$0" "$@"']),
    restartGatekeeperKnowing: async (names) => {
      const hosts = `${work}/hosts`;
      await Deno.writeTextFile(hosts, `127.0.0.1 localhost ${names.join(" ")}\n`);
      const inside = `mount --bind "${hosts}" /etc/hosts && exec "$0" "$@"`;
      await restart("gatekeeper", [`unshare -m sh -c '${inside}' "$0" "$@"`]);
    },
    [Symbol.asyncDispose]: stop,
  };
  /** @param command starts the process, whose program and arguments are `$0` and `$@`. */
  async function restart(name: string, [command]: readonly [string]): Promise<void> {
    const path = `${work}/cp/${name}.pid`;
    const pid = Number(await Deno.readTextFile(path));
    const [program = "", ...args] = (await Deno.readTextFile(`/proc/${pid}/cmdline`))
      .replace(/\0$/, "").split("\0");
    const variables = Object.fromEntries(
      (await Deno.readTextFile(`/proc/${pid}/environ`)).split("\0").filter(Boolean)
        .map((line) => line.split(/=(.*)/s) as [string, string]),
    );
    await kill(name);
    const shell = `${command} >>"${work}/cp/${name}.log" 2>&1 & echo $! >"${path}"`;
    const { code } = await new Deno.Command("sh", {
      args: ["-c", shell, program, ...args],
      env: variables,
      clearEnv: true,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    if (code !== 0) throw new Error(`${name} could not be started again`);
  }
  return plane;
}

/** Waits until something holds. */
export async function until(
  holds: () => Promise<unknown>,
  what: string,
  seconds = 60,
): Promise<void> {
  const end = performance.now() + seconds * 1000;
  while (performance.now() < end) {
    if (await holds()) return;
    await pause(100);
  }
  throw new Error(`not within ${seconds} s: ${what}`);
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A process that has ended and that nobody waited for is not running. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    return !/^State:\s+Z/m.test(await Deno.readTextFile(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  const ports = listeners.map(({ addr }) => (addr as Deno.NetAddr).port);
  for (const listener of listeners) listener.close();
  return ports;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}
