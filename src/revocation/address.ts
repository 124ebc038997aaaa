import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";

/** The most characters of an address. */
const MAX_LENGTH = 2048;

/**
 * Addresses that no responder is at: this machine, its link, and the services by which clouds tell
 * machines who they are. A signature that named one would have us ask it.
 */
const LOCAL = new BlockList();
for (
  const [network, prefix, family] of [
    ["0.0.0.0", 8, "ipv4"],
    ["127.0.0.0", 8, "ipv4"],
    ["169.254.0.0", 16, "ipv4"],
    ["100.100.100.200", 32, "ipv4"],
    ["::", 96, "ipv6"],
    ["fe80::", 10, "ipv6"],
    ["fd00:ec2::254", 128, "ipv6"],
    ["64:ff9b::7f00:0", 104, "ipv6"],
    ["64:ff9b::a9fe:0", 112, "ipv6"],
  ] as const
) LOCAL.addSubnet(network, prefix, family);

/** Finds the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly string[]>;

/** Asks the system. */
export async function systemResolve(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Which addresses may be asked for a revocation status. */
export interface AddressRules {
  /** `host` or `host:port`, which may be local. */
  readonly allowedHosts: readonly string[];
  /** Whether this machine itself may be asked. */
  readonly allowLoopback: boolean;
  readonly resolve: Resolve;
}

/** An address that must not be asked. The message names it. */
export class AddressError extends Error {
  override readonly name = "AddressError";
}

/**
 * Reads an address that a certificate names: `http` without credentials, and not local by its own words.
 * (`https` would have to check a certificate whose revocation would have to be asked for; RFC 5280 §8.)
 *
 * @throws {AddressError}
 */
export function parseAddress(text: string, rules: AddressRules): URL {
  const url = text.length > MAX_LENGTH ? null : URL.parse(text);
  const shown = JSON.stringify(text.slice(0, 200));
  if (url === null) throw new AddressError(`${shown} is not an address`);
  if (url.protocol !== "http:") throw new AddressError(`${shown} is not an http address`);
  if (url.username !== "" || url.password !== "") {
    throw new AddressError("an address has a user name in it");
  }
  url.hash = "";
  const host = hostOf(url);
  if (isAllowed(url, rules)) return url;
  if (host === "localhost" || host.endsWith(".localhost") || isLocal(host)) throw local(url);
  return url;
}

/**
 * Checks that the host's name does not lead to a local address. A name that cannot be looked up is not
 * asked: the connection might find what was not to be found here.
 *
 * @throws {AddressError}, or what the look-up throws.
 */
export async function checkResolved(url: URL, rules: AddressRules): Promise<void> {
  const host = hostOf(url);
  if (isIP(host) !== 0 || isAllowed(url, rules)) return;
  const addresses = await rules.resolve(host);
  if (addresses.some(isLocal)) throw local(url);
}

function isAllowed(url: URL, { allowedHosts, allowLoopback }: AddressRules): boolean {
  const host = hostOf(url);
  const loopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  return (allowLoopback && loopback) ||
    allowedHosts.some((allowed) => [host, url.hostname, url.host].includes(allowed.toLowerCase()));
}

function isLocal(address: string): boolean {
  const family = isIP(address);
  return family !== 0 && LOCAL.check(address, family === 4 ? "ipv4" : "ipv6");
}

/** The host without the brackets of an IPv6 address and the dot at the end of a full name. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
}

function local(url: URL): AddressError {
  return new AddressError(
    `${url.host} is an address of this machine or its link; list it in allowedRevocationHosts to allow it`,
  );
}
