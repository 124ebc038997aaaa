export { type VerifyContext, verifyImage, type VerifyRequest } from "./verify_image.ts";
