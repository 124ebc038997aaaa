/** Where images and what is attached to them are read from. */

export type { ArtifactStore, FetchedManifest, Referrer, StoreOptions, Subject } from "./store.ts";
export { type LayoutReference, parseLayoutReference } from "./layout/layout_reference.ts";
export { type LayoutOptions, LayoutStore, openLayout } from "./layout/layout_store.ts";
