export { type FoundImage, resolveSubject } from "./find_artifacts.ts";
export { type VerifyContext, verifyImage, type VerifyRequest } from "./verify_image.ts";
