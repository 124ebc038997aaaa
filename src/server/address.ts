/** Where a listener listens. */
export interface Address {
  /** Empty for all addresses of the machine. */
  readonly hostname: string;
  /** 0 for a free one. */
  readonly port: number;
}

/** Reads `host:port`, `[::1]:port`, `:port` or `port`; undefined when it is none of them. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]*)):)?([0-9]{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65535 ? undefined : { hostname: match[1] ?? match[2] ?? "", port };
}

/** `host:port`, with brackets where the host is an IPv6 address. */
export function formatAddress({ hostname, port }: Address): string {
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** Whether only processes of the same machine reach it. */
export function isLoopback({ hostname }: Address): boolean {
  return hostname === "localhost" || hostname === "::1" ||
    /^127(?:\.[0-9]{1,3}){3}$/.test(hostname);
}
