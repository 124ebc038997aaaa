/** Which token services a registry may send us to. */

import { quote } from "../../oci/mod.ts";
import type { Endpoint } from "./endpoint.ts";
import { RegistryFailure } from "./failure.ts";

const MAX_REALM = 4096;

/**
 * The URL of the token service that a `Bearer` challenge names. It must be https, or http where the registry
 * itself is asked so; and no address of this machine or its network (loopback, link-local, private,
 * unspecified), unless the registry has that very host: a registry on the internet must not make us
 * send requests, with credentials in them, to services inside. Throws {@link RegistryFailure} `lasting`.
 */
export function tokenServiceOf(realm: string | undefined, endpoint: Endpoint): URL {
  const refuse = (reason: string): never => {
    throw new RegistryFailure("lasting", `${endpoint.registry} names a token service ${reason}`);
  };
  if (realm === undefined) return refuse("without address");
  const url = realm.length > MAX_REALM ? null : URL.parse(realm);
  if (url === null) return refuse("whose address is not a URL");
  const registry = new URL(endpoint.origin);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && registry.protocol === "http:")) {
    return refuse(`at ${quote(url.protocol, 20)}, but it must be https`);
  }
  if (url.username !== "" || url.password !== "") return refuse("with a user name in its address");
  if (url.hostname !== registry.hostname && isInternal(url.hostname)) {
    return refuse(`at the internal address ${quote(url.hostname, 60)}`);
  }
  url.hash = "";
  return url;
}

/**
 * Whether the host of a parsed URL is an address of this machine or of a private network: an IP literal,
 * which URLs have in canonical form, or `localhost`.
 */
export function isInternal(hostname: string): boolean {
  const name = hostname.endsWith(".") ? hostname.slice(0, -1) : hostname;
  if (name === "localhost" || name.endsWith(".localhost")) return true;
  if (name.startsWith("[")) return isInternalIPv6(name.slice(1, -1));
  const octets = name.split(".").map(Number);
  return octets.length === 4 && octets.every((octet) => Number.isInteger(octet)) &&
    isInternalIPv4(octets);
}

function isInternalIPv4([a = 0, b = 0]: readonly number[]): boolean {
  return a === 0 || a === 10 || a === 127 || (a === 169 && b === 254) ||
    (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128);
}

function isInternalIPv6(address: string): boolean {
  const groups = expand(address);
  const [first = 0] = groups;
  const zeros = groups.findIndex((group) => group !== 0);
  if (zeros < 0 || zeros === 7 && groups[7] === 1) return true; // :: and ::1
  if ((first & 0xffc0) === 0xfe80 || (first & 0xfe00) === 0xfc00) return true;
  // IPv4 addresses in IPv6: mapped (::ffff:0:0/96), compatible (::/96), translated (64:ff9b::/96).
  const embedded = zeros >= 6 || zeros === 5 && groups[5] === 0xffff ||
    first === 0x64 && groups[1] === 0xff9b;
  const [high = 0, low = 0] = groups.slice(6);
  return embedded && isInternalIPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

/** The eight groups of an IPv6 address in the form that URLs have it in. */
function expand(address: string): number[] {
  const [head = "", tail] = address.split("::");
  const parse = (half: string): number[] =>
    half === "" ? [] : half.split(":").map((group) => parseInt(group, 16));
  const before = parse(head);
  const after = tail === undefined ? [] : parse(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}
