import * as z from "zod";
import { AssayError, COMPONENTS, ERROR_CODES, type ErrorCode } from "../errors.ts";
import { type Digest, isDigest } from "../oci/mod.ts";

/*
 * The form of a record: one JSON object on one line, with its members in the order of their names. It
 * has what a verification learnt from outside (content by digest), under which configuration, and what
 * it made of it. Times of day are there, durations and secrets are not.
 */

const codes = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

const error = z.strictObject({
  code: z.enum(codes),
  component: z.enum(COMPONENTS),
  message: z.string(),
  detail: z.string().exactOptional(),
  remedy: z.string(),
  effect: z.enum(["deny", "undecided", "unusable"]),
  transient: z.boolean(),
});

const digest = z.custom<Digest>((value) => typeof value === "string" && isDigest(value));

const descriptor = z.strictObject({
  mediaType: z.string(),
  digest,
  size: z.number(),
  artifactType: z.string().exactOptional(),
  annotations: z.record(z.string(), z.string()).exactOptional(),
});

const referrer = descriptor.extend({
  artifactType: z.string(),
  source: z.enum(["referrer", "cosignTag"]),
});

const failed = z.strictObject({ error });

const store = z.strictObject({
  name: z.string(),
  /** What the store said of the image; absent when it was not asked, or not waited for. */
  image: z.union([z.strictObject({ descriptor }), failed]).exactOptional(),
  /** What is attached, by the digest of what it is attached to. */
  attached: z.record(
    z.string(),
    z.union([z.strictObject({ referrers: z.array(referrer) }), failed]),
  ),
  /** What was read, by digest: its size, or why it could not be read. */
  content: z.record(z.string(), z.union([z.strictObject({ size: z.number() }), failed])),
});

const date = z.iso.datetime();

const revocation = z.strictObject({
  /** The SHA-256 of the certificate and of its issuer's, in hexadecimal. */
  certificate: z.string(),
  issuer: z.string(),
  status: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("notRevocable") }),
    z.strictObject({ kind: z.literal("unavailable"), problem: z.string() }),
    z.strictObject({
      kind: z.literal("answered"),
      stale: z.boolean(),
      answer: z.strictObject({
        status: z.enum(["good", "revoked", "unknown"]),
        source: z.string(),
        protocol: z.enum(["OCSP", "CRL"]),
        thisUpdate: date,
        nextUpdate: date,
        revokedAt: date.exactOptional(),
        reason: z.string().exactOptional(),
        invalidityDate: date.exactOptional(),
      }),
    }),
  ]),
});

/** What a plugin answered: a JSON value, or why it gave none. */
const pluginAnswer = z.union([
  z.strictObject({ answer: z.json() }),
  z.strictObject({ error: z.string(), refuses: z.boolean(), transient: z.boolean() }),
]);

const plugin = z.strictObject({
  name: z.string(),
  /** Why there is no such plugin. */
  absent: z.string().exactOptional(),
  metadata: pluginAnswer.exactOptional(),
  /** By the SHA-256 of the canonical JSON of what it was asked. */
  verify: z.record(z.string(), pluginAnswer),
});

/** A record as read. */
export const verificationRecord = z.strictObject({
  version: z.literal(1),
  /** The time as of which it judged. */
  time: date,
  /** What reports call the image, and where it was looked for. */
  name: z.string(),
  reference: z.strictObject({
    registry: z.string(),
    repository: z.string(),
    tag: z.string().exactOptional(),
    digest: digest.exactOptional(),
  }),
  repository: z.string(),
  scope: z.string(),
  artifactTypes: z.array(z.string()).exactOptional(),
  digest: z.string().exactOptional(),
  configuration: z.strictObject({ generation: z.string(), trust: z.string() }),
  stores: z.array(store),
  /** The ends of the tags of cosign that were looked up. */
  cosignTags: z.array(z.enum(["sig", "att"])),
  revocation: z.array(revocation),
  plugins: z.array(plugin),
  verdict: z.enum(["allow", "deny", "undecided"]),
  explanation: z.string().exactOptional(),
  cause: error.exactOptional(),
  /** The reports with all their checks, for a reader; a replay makes its own. */
  artifacts: z.array(z.record(z.string(), z.unknown())),
  ignored: z.array(z.strictObject({ digest: z.string(), artifactType: z.string() })),
});

export type VerificationRecord = z.output<typeof verificationRecord>;
export type RecordedStore = VerificationRecord["stores"][number];
export type RecordedError = z.output<typeof error>;
export type RecordedPlugin = VerificationRecord["plugins"][number];
export type RecordedPluginAnswer = z.output<typeof pluginAnswer>;
export type RecordedRevocation = VerificationRecord["revocation"][number];

/** What a record keeps of an error: not its stack, nor its causes. */
export function recordError(thrown: AssayError): RecordedError {
  const { code, component, message, detail, remedy, effect, transient } = thrown;
  return {
    code,
    component,
    message,
    ...(detail === undefined ? {} : { detail }),
    remedy,
    effect,
    transient,
  };
}

/** The error that was recorded. */
export function recordedError({ detail, ...parts }: RecordedError): AssayError {
  return new AssayError({ ...parts, ...(detail === undefined ? {} : { detail }) });
}
