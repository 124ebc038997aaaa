import type { ServiceOptions } from "../../server/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { usage } from "../invocation.ts";

type AddressReader = (text: string) => ServiceOptions["address"] | undefined;
/** What the command line says of a service. */
export type ServiceSettings = Omit<
  ServiceOptions,
  "userAgent" | "env" | "logger" | "metrics" | "now"
>;

/** The certificate that is issued for this process, and its key, in PEM. */
export type IssuedPair = () => { readonly cert: string; readonly key: string };

/**
 * Reads how the service runs from the command line. Throws {@link AssayError} USAGE_INVALID.
 *
 * @param issued where certificates are rotated, in place of those in files.
 */
export function readSettings(
  command: Command,
  invocation: Invocation,
  parse: AddressReader,
  issued: IssuedPair | undefined,
): ServiceSettings {
  refuseOtherBuilds(command, invocation);
  const address = (name: string, text: string): ServiceOptions["address"] => {
    const parsed = parse(text);
    if (parsed !== undefined) return parsed;
    const found = JSON.stringify(invocation.text(name));
    throw usage(
      command,
      `--${name} must be an address such as 127.0.0.1:6001 or :6001; found ${found}`,
    );
  };
  const certDir = invocation.text("cert-dir");
  const insecure = invocation.flag("insecure-http");
  const clientCa = invocation.text("ca-cert-file");
  if (certDir === undefined && issued === undefined && !insecure) {
    throw usage(
      command,
      "name the server's certificate with --cert-dir, or say --insecure-http",
    );
  }
  if (certDir === undefined && issued === undefined && clientCa !== undefined) {
    throw usage(command, "--ca-cert-file needs --cert-dir: plain HTTP knows no clients");
  }
  const remembers = invocation.flag("cache-enabled");
  const ttl = remembers ? duration(command, invocation, "cache-ttl", true) ?? 0 : 0;
  const given = invocation.text("http") ?? "";
  const http = insecure && certDir === undefined && issued === undefined && given.startsWith(":")
    ? `127.0.0.1${given}`
    : given;
  const verify = duration(command, invocation, "verify-timeout", false);
  const mutate = duration(command, invocation, "mutate-timeout", false);
  return {
    address: address("http", http),
    tls: issued !== undefined
      ? { issued, clientCa }
      : certDir === undefined
      ? undefined
      : { certificate: `${certDir}/tls.crt`, key: `${certDir}/tls.key`, clientCa },
    health: address("health-port", invocation.text("health-port") ?? ""),
    metricsAddress: invocation.flag("metrics-enabled")
      ? address("metrics-port", `:${invocation.text("metrics-port") ?? ""}`)
      : undefined,
    timeouts: {
      ...(verify === undefined ? {} : { verify }),
      ...(mutate === undefined ? {} : { mutate }),
    },
    cache: { verdictTtl: ttl, tagTtl: ttl, maxBytes: cacheBytes(command, invocation) },
  };
}

function refuseOtherBuilds(command: Command, invocation: Invocation): void {
  const cache = invocation.text("cache-type");
  if (cache === "dapr" || cache === "redis") {
    throw usage(
      command,
      `--cache-type ${cache} is not in this build; leave it out: each replica remembers for itself`,
    );
  }
  if (cache !== "ristretto") throw usage(command, "--cache-type must be ristretto");
  if (invocation.text("metrics-type")?.toLowerCase() !== "prometheus") {
    throw usage(command, "--metrics-type must be prometheus");
  }
}

function duration(
  command: Command,
  invocation: Invocation,
  name: string,
  mayBeZero: boolean,
): number | undefined {
  const text = invocation.text(name);
  if (text === undefined) return undefined;
  if (mayBeZero && /^0(?:ns|us|µs|ms|s|m|h)?$/.test(text)) return 0;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds <= MAX_DURATION) return milliseconds;
  throw usage(
    command,
    `--${name} must be a duration such as 2.9s or 950ms; found ${JSON.stringify(text)}`,
  );
}

/** Longer than this no timer can wait. */
const MAX_DURATION = 2 ** 31 - 1;

function cacheBytes(command: Command, invocation: Invocation): number {
  const text = invocation.text("cache-size") ?? "";
  const mebibytes = /^[0-9]{1,6}$/.test(text) ? Number(text) : 0;
  if (mebibytes > 0) return mebibytes * 1024 * 1024;
  throw usage(command, `--cache-size must be a number of MiB; found ${JSON.stringify(text)}`);
}
