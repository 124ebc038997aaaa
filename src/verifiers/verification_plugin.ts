/** What a signature says, as a verification plugin gets it (Notation plugin protocol, contract 1.0). */
export interface PluginRequest {
  readonly contractVersion: "1.0";
  readonly signature: {
    readonly criticalAttributes: {
      readonly contentType: string;
      readonly signingScheme: string;
      /** RFC 3339; the year 1 when the signature does not expire. */
      readonly expiry: string;
      readonly authenticSigningTime?: string;
      readonly extendedAttributes: Readonly<Record<string, unknown>>;
    };
    readonly unprocessedAttributes: readonly string[];
    /** DER in base64, leaf first. */
    readonly certificateChain: readonly string[];
  };
  readonly trustPolicy: {
    readonly trustedIdentities: readonly string[];
    readonly signatureVerification: readonly string[];
  };
}

/** Part of a verification that somebody else does. Answers are JSON values that nobody has checked. */
export interface VerificationPlugin {
  /** Answers `get-plugin-metadata`. Throws {@link PluginError}, or the signal's reason. */
  metadata(signal: AbortSignal): Promise<unknown>;
  /** Answers `verify-signature`. Throws {@link PluginError}, or the signal's reason. */
  verify(request: PluginRequest, signal: AbortSignal): Promise<unknown>;
}

/** Where plugins come from. */
export interface PluginHost {
  /** The plugin of this name; or, for a person, why there is none. Nothing of it is run. */
  find(name: string): Promise<VerificationPlugin | string>;
}

/** A plugin that gave no answer. */
export class PluginError extends Error {
  override readonly name = "PluginError";
  /** Whether the plugin refuses the signature; otherwise it could not find out. */
  readonly refuses: boolean;
  /** Whether asking again may help. */
  readonly transient: boolean;

  constructor(message: string, kind: "refuses" | "transient" | "lasting") {
    super(message);
    this.refuses = kind === "refuses";
    this.transient = kind === "transient";
  }
}
