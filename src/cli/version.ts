/** The version of Assay. A test holds it to that of the project file. */
export const VERSION = "0.1.0";

/** What we call ourselves to registries. */
export const USER_AGENT = `assay/${VERSION}`;
