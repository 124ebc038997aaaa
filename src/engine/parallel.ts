/**
 * Maps a list with at most `limit` calls under way at once; results are in the order of the list.
 * The first rejection rejects the whole.
 */
export async function mapBounded<T, R>(
  list: readonly T[],
  limit: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Array<R>(list.length);
  const rest = list.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of rest) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, list.length) }, worker));
  return results;
}
