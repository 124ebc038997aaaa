/** The version of Assay. A test holds it to that of the project file. */
export const VERSION = "0.1.0";
