import { FormatError } from "../../crypto/mod.ts";

/** A package of an SPDX document in tag-value form. */
export interface LicensedPackage {
  readonly name: string;
  /** The expression that was concluded; empty when the document has none. */
  readonly license: string;
}

/** The most lines of a document. */
const MAX_LINES = 2_000_000;
const TAG = /^([A-Za-z][A-Za-z0-9]*):[ \t]*(.*)$/;
const OPEN = "<text>";
const CLOSE = "</text>";

/**
 * Reads the packages of an SPDX document in tag-value form (SPDX 2.3, annex F): lines of `Tag: value`,
 * comments behind `#`, and texts of several lines between `<text>` and `</text>`.
 *
 * @throws {FormatError} what is not in that form: a tool that reads on might see other packages.
 */
export function parseTagValue(text: string): LicensedPackage[] {
  const packages: { name: string; license: string | undefined }[] = [];
  let versions = 0;
  for (const { tag, value } of tagsOf(text)) {
    const current = packages.at(-1);
    if (tag === "SPDXVersion") versions++;
    else if (tag === "PackageName") packages.push({ name: value, license: undefined });
    else if (tag === "PackageLicenseConcluded") {
      if (current === undefined) throw problem("a license stands before any package");
      if (current.license !== undefined) throw problem("a package has two concluded licenses");
      current.license = value;
    }
  }
  if (versions !== 1) throw problem("there must be one SPDXVersion");
  return packages.map(({ name, license }) => ({ name, license: license ?? "" }));
}

function* tagsOf(text: string): Generator<{ readonly tag: string; readonly value: string }> {
  const lines = text.split(/\r?\n/, MAX_LINES + 1);
  if (lines.length > MAX_LINES) throw problem(`there are more than ${MAX_LINES} lines`);
  for (let index = 0; index < lines.length; index++) {
    const line = (lines[index] ?? "").trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, tag = "", first = ""] = TAG.exec(line) ?? [];
    if (tag === "") throw problem(`line ${index + 1} has no tag`);
    if (!first.startsWith(OPEN)) {
      yield { tag, value: first };
      continue;
    }
    const parts = [first.slice(OPEN.length)];
    while (!parts.at(-1)?.includes(CLOSE)) {
      if (++index >= lines.length) throw problem(`the text of ${tag} has no end`);
      parts.push(lines[index] ?? "");
    }
    const whole = parts.join("\n");
    const end = whole.indexOf(CLOSE);
    if (whole.slice(end + CLOSE.length).trim() !== "") {
      throw problem(`there is something behind the text of ${tag}`);
    }
    yield { tag, value: whole.slice(0, end).trim() };
  }
}

function problem(text: string): FormatError {
  return new FormatError("SPDX", text);
}
