import * as z from "zod";
import { nonEmpty } from "./common.ts";

const ID = /^[A-Za-z0-9-]{1,64}$/;
const ALIAS = /^alias\/[A-Za-z0-9/_-]{1,249}$/;
const ARN =
  /^arn:aws[a-z-]*:kms:[a-z0-9-]{4,40}:[0-9]{12}:(?:key\/[A-Za-z0-9-]{1,64}|alias\/[A-Za-z0-9/_-]{1,249})$/;

const keyId = z.string().refine(
  (text) => ID.test(text) || ALIAS.test(text) || ARN.test(text),
  "must be a key's id, alias/NAME, or the ARN of either",
);

/** The parameters of a provider of the type `awskms`. */
export const awsKmsParameters = z.strictObject({
  region: z.string().regex(
    /^[a-z]{2,4}(?:-[a-z0-9]{1,12}){2,4}$/,
    "must be a region such as eu-central-1",
  )
    .optional()
    .describe("Where keys are whose `keyId` is no ARN; that of the environment when absent."),
  keys: z.array(z.strictObject({
    name: nonEmpty.optional().describe("What trust policies call it; the `keyId` when absent."),
    keyId: keyId.describe("The key: its id, `alias/NAME`, or the ARN of either."),
  })).min(1).max(100)
    .describe("Asymmetric keys for signatures. The version of each is its id."),
});
