import { VerificationFailure } from "../../errors.ts";
import type { Envelope, Label } from "./envelope.ts";
import { VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION } from "./headers.ts";
import { isSemanticVersion } from "./semantic_version.ts";

/** The verification plugin that a signature asks for. */
export interface WantedPlugin {
  readonly name: string;
  readonly minVersion: string | undefined;
}

/** What is the name of a plugin, and cannot be anything else in a file system. */
const PLUGIN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * The verification plugin that a signature asks for; undefined when it asks for none.
 *
 * @throws {VerificationFailure} `plugin.invalid_attribute` when it names one in a wrong way.
 */
export function readWantedPlugin(
  { extended, criticalExtended }: Envelope,
): WantedPlugin | undefined {
  if (!extended.has(VERIFICATION_PLUGIN)) return undefined;
  const read = (attribute: string): string => {
    const value = extended.get(attribute);
    if (!criticalExtended.includes(attribute)) throw invalid(attribute, "is not critical");
    if (typeof value === "string" && value.trim() !== "") return value;
    throw invalid(attribute, "is blank or not a text");
  };
  const name = read(VERIFICATION_PLUGIN);
  const minVersion = extended.has(VERIFICATION_PLUGIN_MIN_VERSION)
    ? read(VERIFICATION_PLUGIN_MIN_VERSION)
    : undefined;
  if (!PLUGIN_NAME.test(name) || name.includes("..")) {
    throw invalid(VERIFICATION_PLUGIN, "is not the name of a plugin");
  }
  if (minVersion !== undefined && !isSemanticVersion(minVersion)) {
    throw invalid(VERIFICATION_PLUGIN_MIN_VERSION, "is not a version such as 1.0.0");
  }
  return { name, minVersion };
}

/** The extended attributes that are for a plugin to process: all but those that name it. */
export function attributesForPlugin({ extended }: Envelope): ReadonlyMap<Label, unknown> {
  return new Map(
    [...extended].filter(([label]) =>
      label !== VERIFICATION_PLUGIN && label !== VERIFICATION_PLUGIN_MIN_VERSION
    ),
  );
}

/**
 * Refuses a signature with a critical attribute that nobody has processed (RFC 7515 §4.1.11,
 * RFC 9052 §3.1).
 *
 * @param processed the attributes that somebody has.
 * @throws {VerificationFailure} `integrity.critical_header`.
 */
export function checkUnknownAttributes(
  envelope: Envelope,
  processed: ReadonlySet<Label> = new Set(),
): string {
  const unknown = envelope.criticalExtended.find((label) => !processed.has(label));
  if (unknown !== undefined) {
    throw new VerificationFailure({
      reason: "integrity.critical_header",
      message: `The signature has the critical attribute ${
        typeof unknown === "string" ? JSON.stringify(unknown.slice(0, 100)) : String(unknown)
      }, which is not understood`,
    });
  }
  return "All critical attributes are understood";
}

function invalid(attribute: string, problem: string): VerificationFailure {
  return new VerificationFailure({
    reason: "plugin.invalid_attribute",
    message: `The signed attribute ${attribute} ${problem}`,
  });
}
