/** Names that the Notary Project signature specification gives to signed and unsigned attributes. */

export const PAYLOAD_TYPE = "application/vnd.cncf.notary.payload.v1+json";
export const JWS_ENVELOPE = "application/jose+json";
export const COSE_ENVELOPE = "application/cose";

export const SIGNING_SCHEME = "io.cncf.notary.signingScheme";
export const SIGNING_TIME = "io.cncf.notary.signingTime";
export const AUTHENTIC_SIGNING_TIME = "io.cncf.notary.authenticSigningTime";
export const EXPIRY = "io.cncf.notary.expiry";
export const VERIFICATION_PLUGIN = "io.cncf.notary.verificationPlugin";
export const VERIFICATION_PLUGIN_MIN_VERSION = "io.cncf.notary.verificationPluginMinVersion";
export const TIMESTAMP_SIGNATURE = "io.cncf.notary.timestampSignature";
export const SIGNING_AGENT = "io.cncf.notary.signingAgent";

/** How trust in the signing time comes about. */
export type SigningScheme = "notary.x509" | "notary.x509.signingAuthority";
