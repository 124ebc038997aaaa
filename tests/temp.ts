/** Scratch folders of tests. They lie below `.work/`, the only place where tests may write. */

const WORK = `${import.meta.dirname}/../.work`;

/** A new empty folder that disposes of itself: `await using folder = await temporaryFolder();` */
export interface TemporaryFolder extends AsyncDisposable {
  /** Absolute path without a slash at its end. */
  readonly path: string;
}

/** Makes a new empty folder; it is removed with all that is in it when it is disposed of. */
export async function temporaryFolder(prefix = "test-"): Promise<TemporaryFolder> {
  await Deno.mkdir(WORK, { recursive: true });
  const path = await Deno.makeTempDir({ dir: WORK, prefix });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
