/** A package of a bill of materials, as far as rules look at it. */
export interface Package {
  readonly name: string;
  /** Empty when the document has none. */
  readonly version: string;
  /** License expressions, or names of licenses, that were concluded for it. */
  readonly licenses: readonly string[];
  /** Those that its maker declares, which count where nothing was concluded. */
  readonly declared: readonly string[];
}

/** Who made a bill of materials and when, as reports show it. */
export interface CreationInfo {
  readonly creators?: readonly string[];
  readonly created?: string;
  readonly licenseListVersion?: string;
  readonly comment?: string;
}

/** A bill of materials, in whatever format it came. */
export interface BillOfMaterials {
  readonly creationInfo: CreationInfo | null;
  readonly packages: readonly Package[];
}

/** The most creators that a report shows, and the most characters of each text. */
const MAX_CREATORS = 100;
const MAX_TEXT = 1000;

/** Leaves out what is absent, and cuts what is too long for a report. */
export function creationInfo(
  parts: {
    readonly creators?: readonly string[] | undefined;
    readonly created?: string | undefined;
    readonly licenseListVersion?: string | undefined;
    readonly comment?: string | undefined;
  },
): CreationInfo {
  const { creators, ...texts } = parts;
  const told = Object.entries(texts).filter(([, text]) => text !== undefined)
    .map(([name, text]) => [name, text?.slice(0, MAX_TEXT)]);
  return {
    ...(creators === undefined || creators.length === 0
      ? {}
      : { creators: creators.slice(0, MAX_CREATORS).map((text) => text.slice(0, MAX_TEXT)) }),
    ...Object.fromEntries(told),
  };
}
