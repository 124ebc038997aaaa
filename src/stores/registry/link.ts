/** Reads `Link` headers (RFC 8288 §3), in one pass. */

const MAX_HEADER = 16 * 1024;

/**
 * The target of the link to the next page, relative as it stands: the one with `rel=next`, in any case and
 * quoted or not. Null when there is none; undefined when the header cannot be read.
 */
export function nextLink(header: string | null): string | null | undefined {
  if (header === null) return null;
  if (header.length > MAX_HEADER) return undefined;
  let position = 0;
  while (position < header.length) {
    position = skip(header, position, ", \t");
    if (position === header.length) break;
    const end = header[position] === "<" ? header.indexOf(">", position) : -1;
    if (end < 0) return undefined;
    const target = header.slice(position + 1, end);
    const rest = parameters(header, end + 1);
    if (rest === undefined) return undefined;
    // Of several `rel` the first counts.
    const relations = rest.found.get("rel")?.toLowerCase().split(" ") ?? [];
    if (relations.includes("next")) return target;
    position = rest.end;
  }
  return null;
}

function parameters(
  header: string,
  start: number,
): { found: Map<string, string>; end: number } | undefined {
  const found = new Map<string, string>();
  let position = skip(header, start, " \t");
  while (header[position] === ";") {
    position = skip(header, position + 1, "; \t");
    const nameEnd = until(header, position, '=;, \t<>"');
    const name = header.slice(position, nameEnd).toLowerCase();
    position = skip(header, nameEnd, " \t");
    let value = "";
    if (header[position] === "=") {
      position = skip(header, position + 1, " \t");
      const quoted = header[position] === '"';
      const end = quoted ? header.indexOf('"', position + 1) : until(header, position, "; \t,");
      if (end < 0) return undefined;
      value = header.slice(position + (quoted ? 1 : 0), end);
      position = skip(header, quoted ? end + 1 : end, " \t");
    }
    if (name !== "" && !found.has(name)) found.set(name, value);
  }
  return position === header.length || header[position] === ","
    ? { found, end: position }
    : undefined;
}

function skip(text: string, start: number, characters: string): number {
  let position = start;
  while (position < text.length && characters.includes(text[position] ?? "")) position++;
  return position;
}

function until(text: string, start: number, characters: string): number {
  let position = start;
  while (position < text.length && !characters.includes(text[position] ?? "")) position++;
  return position;
}
