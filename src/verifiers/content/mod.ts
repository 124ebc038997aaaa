export { blobsOf, isObject, MAX_SCHEMA_VALUES, readBlobs, readJson, readOnce } from "./document.ts";
export { Members } from "./members.ts";
export {
  type Accepted,
  type ContentConfiguration,
  contentVerifier,
  type Judgement,
  unsupportedType,
} from "./verifier.ts";
