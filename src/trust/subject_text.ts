import type { Name } from "../crypto/mod.ts";

type Attribute = Name["rdns"][number][number];

interface Recognised {
  readonly label: string;
  readonly single: boolean;
}

/** Attributes with a short label, in the order in which they are laid out before reversal. */
const RECOGNISED: ReadonlyMap<string, Recognised> = new Map([
  ["2.5.4.6", { label: "C", single: false }],
  ["2.5.4.8", { label: "ST", single: false }],
  ["2.5.4.7", { label: "L", single: false }],
  ["2.5.4.9", { label: "STREET", single: false }],
  ["2.5.4.17", { label: "POSTALCODE", single: false }],
  ["2.5.4.10", { label: "O", single: false }],
  ["2.5.4.11", { label: "OU", single: false }],
  ["2.5.4.3", { label: "CN", single: true }],
  ["2.5.4.5", { label: "SERIALNUMBER", single: true }],
]);

/**
 * The text of a certificate's subject or issuer that reports publish and that identities are
 * compared with: the RDNs in reverse, most specific first, escaped as in RFC 4514; attributes of
 * the same kind stand together (`OU=a+OU=b`), unrecognised ones as `OID=#hex`.
 */
export function subjectText(name: Name): string {
  let text = texts.get(name);
  if (text === undefined) texts.set(name, text = write(name));
  return text;
}

/** Names come with certificates that are read once; each is written once. */
const texts = new WeakMap<Name, string>();

function write(name: Name): string {
  const groups = new Map<string, string[]>();
  const unrecognised: string[] = [];
  for (const attribute of name.rdns.flat()) {
    const known = RECOGNISED.get(attribute.oid);
    if (known === undefined || attribute.value === undefined) {
      unrecognised.push(`${attribute.oid}=#${unrecognisedValue(attribute)}`);
    } else if (known.single) {
      groups.set(attribute.oid, [attribute.value]); // the last one counts
    } else {
      groups.set(attribute.oid, [...(groups.get(attribute.oid) ?? []), attribute.value]);
    }
  }
  const parts = unrecognised;
  for (const [oid, { label, single }] of RECOGNISED) {
    const values = groups.get(oid);
    if (values === undefined || (single && values[0] === "")) continue;
    parts.push(values.map((value) => `${label}=${escape(value)}`).join("+"));
  }
  return parts.reverse().join(",");
}

/**
 * Why a subject cannot be compared with identities although its text could be read; undefined when
 * it can. The text shows attributes that share an RDN as if each had its own, and only the last of
 * several CN or SERIALNUMBER; a value that is no string cannot be compared at all.
 */
export function describeAmbiguity(name: Name): string | undefined {
  if (name.rdns.some((rdn) => rdn.length > 1)) return "it has an RDN with several attributes";
  const seen = new Set<string>();
  for (const attribute of name.rdns.flat()) {
    const known = RECOGNISED.get(attribute.oid);
    if (attribute.value === undefined) {
      return `attribute ${known?.label ?? attribute.oid} is not a string`;
    }
    if (known?.single && seen.has(attribute.oid)) return `${known.label} occurs more than once`;
    seen.add(attribute.oid);
  }
  return undefined;
}

const PRINTABLE = /^[A-Za-z0-9 '()+,\-./:=?]*$/;

/** A string is written as PrintableString or UTF8String, whatever its type was; others as they are. */
function unrecognisedValue(attribute: Attribute): string {
  if (attribute.value === undefined) return hex(attribute.rawValue);
  const content = new TextEncoder().encode(attribute.value);
  const header = [PRINTABLE.test(attribute.value) ? 0x13 : 0x0c];
  if (content.length < 0x80) header.push(content.length);
  else if (content.length < 0x100) header.push(0x81, content.length);
  else header.push(0x82, content.length >> 8, content.length & 0xff);
  return hex(Uint8Array.from(header)) + hex(content);
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function escape(value: string): string {
  let text = "";
  for (let index = 0; index < value.length; index++) {
    const character = value.charAt(index);
    const special = ',+"\\<>;'.includes(character) ||
      (character === " " && (index === 0 || index === value.length - 1)) ||
      (character === "#" && index === 0);
    text += special ? `\\${character}` : character;
  }
  return text;
}
