/**
 * Reads `WWW-Authenticate` (RFC 9110 §11.6.1), strictly and in one pass:
 *
 *     header     := challenge *( "," challenge )           empty elements are allowed
 *     challenge  := scheme [ 1*SP ( token68 | parameter *( "," parameter ) ) ]
 *     parameter  := token "=" ( token | quoted-string )    with white space around "="
 */

/** A challenge; scheme and names of parameters in lower case. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const MAX_HEADER = 16 * 1024;
const MAX_CHALLENGES = 16;
const MAX_PARAMETERS = 32;

/** The challenges in their order; undefined when the header cannot be read. */
export function parseChallenges(header: string): readonly Challenge[] | undefined {
  if (header.length > MAX_HEADER) return undefined;
  const scanner = new Scanner(header);
  const challenges: Challenge[] = [];
  scanner.skipEmptyElements();
  while (!scanner.atEnd()) {
    const challenge = readChallenge(scanner);
    if (challenge === undefined || challenges.length === MAX_CHALLENGES) return undefined;
    challenges.push(challenge);
    if (!scanner.atEnd() && !scanner.skipEmptyElements()) return undefined;
  }
  return challenges.length === 0 ? undefined : challenges;
}

function readChallenge(scanner: Scanner): Challenge | undefined {
  const scheme = scanner.token()?.toLowerCase();
  if (scheme === undefined) return undefined;
  const parameters = new Map<string, string>();
  if (!scanner.skipSpaces()) return { scheme, parameters };
  // A token68 stands alone: nothing that we answer to has one, so it is read over.
  if (scanner.token68()) return { scheme, parameters };
  for (let first = true;; first = false) {
    const start = scanner.position;
    if (!first && !scanner.skipEmptyElements()) return { scheme, parameters };
    const parameter = scanner.parameter();
    if (parameter === undefined) {
      if (first) return undefined;
      // What follows the comma is no parameter, so it is the next challenge.
      scanner.position = start;
      return { scheme, parameters };
    }
    const [name, value] = parameter;
    if (parameters.has(name) || parameters.size === MAX_PARAMETERS) return undefined;
    parameters.set(name, value);
  }
}

class Scanner {
  position = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  atEnd(): boolean {
    return this.position === this.#text.length;
  }

  /** Reads over spaces and tabs; whether there was one. */
  skipSpaces(): boolean {
    const start = this.position;
    while (isSpace(this.#text[this.position])) this.position++;
    return this.position > start;
  }

  /** Reads over white space and commas; whether there was a comma. */
  skipEmptyElements(): boolean {
    this.skipSpaces();
    const start = this.position;
    while (this.#text[this.position] === ",") {
      this.position++;
      this.skipSpaces();
    }
    return this.position > start;
  }

  token(): string | undefined {
    const start = this.position;
    while (isTokenCharacter(this.#text[this.position])) this.position++;
    return this.position === start ? undefined : this.#text.slice(start, this.position);
  }

  /** Reads a token68 that is all there is of the challenge; stays where it is when there is none. */
  token68(): boolean {
    const start = this.position;
    while (isToken68Character(this.#text[this.position])) this.position++;
    const some = this.position > start;
    while (this.#text[this.position] === "=") this.position++;
    const end = this.position;
    this.skipSpaces();
    if (some && (this.atEnd() || this.#text[this.position] === ",")) {
      this.position = end;
      return true;
    }
    this.position = start;
    return false;
  }

  /** Reads a parameter; stays anywhere when there is none. */
  parameter(): readonly [name: string, value: string] | undefined {
    const name = this.token()?.toLowerCase();
    if (name === undefined) return undefined;
    this.skipSpaces();
    if (this.#text[this.position] !== "=") return undefined;
    this.position++;
    this.skipSpaces();
    const value = this.#text[this.position] === '"' ? this.#quoted() : this.token();
    return value === undefined ? undefined : [name, value];
  }

  #quoted(): string | undefined {
    let value = "";
    for (this.position++; !this.atEnd(); this.position++) {
      let character = this.#text[this.position] ?? "";
      if (character === '"') {
        this.position++;
        return value;
      }
      if (character === "\\") character = this.#text[++this.position] ?? "";
      if (!isQuotable(character)) return undefined;
      value += character;
    }
    return undefined;
  }
}

function isSpace(character: string | undefined): boolean {
  return character === " " || character === "\t";
}

function isTokenCharacter(character: string | undefined): boolean {
  return character !== undefined && /^[A-Za-z0-9!#$%&'*+.^_`|~-]$/.test(character);
}

function isToken68Character(character: string | undefined): boolean {
  return character !== undefined && /^[A-Za-z0-9._~+/-]$/.test(character);
}

/** Tab and visible ASCII; what is beyond has no place in realm, service or scope. */
function isQuotable(character: string): boolean {
  return /^[\t\x20-\x7e]$/.test(character);
}
