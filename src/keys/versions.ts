/**
 * Which versions of a thing are meant.
 *
 * @param newestFirst all that there are.
 * @param pinned the version that is named; empty for the newest.
 * @param limit how many: of the newest in all, of those before a named version beside it. At least one is taken.
 * @returns undefined when the named version is none of them.
 */
export function chooseVersions<T extends { readonly version: string }>(
  newestFirst: readonly T[],
  pinned: string,
  limit: number,
): T[] | undefined {
  if (pinned === "") return newestFirst.slice(0, Math.max(1, limit));
  const at = newestFirst.findIndex(({ version }) => version === pinned);
  return at < 0 ? undefined : newestFirst.slice(at, at + 1 + limit);
}
