import type { TrustPolicyDocument, TrustPolicyStatement } from "./trust_policy.ts";

/*
 * scope      := domain "/" repository
 * domain     := label *( "." label ) [ ":" 1*digit ]
 * label      := alnum / alnum *( alnum / "-" ) alnum
 * repository := component *( "/" component )
 * component  := lower *( separator lower )      lower     := 1*( a-z / 0-9 )
 * separator  := "." / "_" / "__" / 1*"-"
 *
 * Scanned by hand: the expression of the specification for the repository backtracks heavily.
 */

const LABEL = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const PORT = /^[0-9]+$/;
const MAX_LENGTH = 1024;

/** What is wrong with a registry scope other than `*`, for a person; undefined when nothing is. */
export function describeScopeProblem(scope: string): string | undefined {
  const found = JSON.stringify(scope.slice(0, 100));
  if (scope.length > MAX_LENGTH) return `must be at most ${MAX_LENGTH} characters`;
  if (scope.includes("*")) {
    return `must be "registry/repository" without wildcards, or "*" alone; found ${found}`;
  }
  const slash = scope.indexOf("/");
  if (slash < 0) return `must be "registry/repository"; found ${found}, which has no "/"`;
  if (!isDomain(scope.slice(0, slash))) {
    return `must begin with a registry host such as registry.example.com:5000; found ${found}`;
  }
  if (!isRepository(scope.slice(slash + 1))) {
    return `must name a repository in lower case, without tag or digest, after the registry; found ${found}`;
  }
  return undefined;
}

/**
 * A repository's one name among those that reach it: hosts know no case, and 443 is the port that is
 * meant when none is named. Without this, another spelling of the host would slip past the statement
 * for a repository to the one for all.
 */
export function canonicalScope(scope: string): string {
  const slash = scope.indexOf("/");
  const host = scope.slice(0, Math.max(0, slash)).toLowerCase().replace(/:0*443$/, "");
  return host + scope.slice(Math.max(0, slash));
}

/**
 * Finds the statement that applies to a repository: the one with exactly this scope, else the one with
 * the scope `*`, else none. Prefixes never match. The document is read once.
 *
 * @returns a function of `registry/repository@digest`.
 */
export function statementSelector(
  document: TrustPolicyDocument,
): (reference: string) => TrustPolicyStatement | undefined {
  const statements = new Map<string, TrustPolicyStatement>();
  for (const statement of document.trustPolicies) {
    for (const scope of statement.registryScopes.map(canonicalScope)) {
      if (!statements.has(scope)) statements.set(scope, statement);
    }
  }
  return (reference) => {
    const repository = canonicalScope(reference.slice(0, reference.lastIndexOf("@")));
    const named = describeScopeProblem(repository) === undefined;
    return (named ? statements.get(repository) : undefined) ?? statements.get("*");
  };
}

function isDomain(text: string): boolean {
  const colon = text.indexOf(":");
  const host = colon < 0 ? text : text.slice(0, colon);
  if (colon >= 0 && !PORT.test(text.slice(colon + 1))) return false;
  return host.split(".").every((label) => LABEL.test(label));
}

function isRepository(text: string): boolean {
  return text.split("/").every(isComponent);
}

function isComponent(text: string): boolean {
  let position = lowerEnd(text, 0);
  if (position === 0) return false;
  while (position < text.length) {
    const separator = separatorEnd(text, position);
    if (separator === position) return false;
    position = lowerEnd(text, separator);
    if (position === separator) return false;
  }
  return true;
}

function lowerEnd(text: string, start: number): number {
  let position = start;
  while (position < text.length && /[a-z0-9]/.test(text.charAt(position))) position++;
  return position;
}

function separatorEnd(text: string, start: number): number {
  if (text.charAt(start) === ".") return start + 1;
  if (text.startsWith("__", start)) return start + 2;
  if (text.charAt(start) === "_") return start + 1;
  let position = start;
  while (text.charAt(position) === "-") position++;
  return position;
}
