const FORM =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

const MAX_LENGTH = 100;

/** Whether a text is a version by Semantic Versioning 2.0.0. */
export function isSemanticVersion(text: string): boolean {
  return text.length <= MAX_LENGTH && FORM.test(text);
}

/**
 * Compares two versions by their precedence (Semantic Versioning 2.0.0, §11).
 *
 * @returns a negative number when the first one is lower, 0 when neither is, a positive one otherwise.
 */
export function compareSemanticVersions(a: string, b: string): number {
  const [first, second] = [parse(a), parse(b)];
  for (let index = 0; index < 3; index++) {
    const difference = compareNumbers(first.core[index] ?? "0", second.core[index] ?? "0");
    if (difference !== 0) return difference;
  }
  const [before, after] = [first.prerelease, second.prerelease];
  if (before.length === 0 || after.length === 0) return after.length - before.length;
  for (let index = 0; index < Math.max(before.length, after.length); index++) {
    const difference = compareIdentifiers(before[index], after[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function parse(text: string): { readonly core: readonly string[]; readonly prerelease: string[] } {
  const match = FORM.exec(text);
  const prerelease = match?.[4]?.split(".") ?? [];
  return { core: match?.slice(1, 4) ?? [], prerelease };
}

/** Numbers of any length, without leading zeros. */
function compareNumbers(a: string, b: string): number {
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  const [numberA, numberB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numberA && numberB) return compareNumbers(a, b);
  if (numberA !== numberB) return numberA ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
