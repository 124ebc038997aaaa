import { VerificationFailure } from "../../errors.ts";
import type { Envelope } from "./envelope.ts";
import { VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION } from "./headers.ts";

/**
 * Refuses a signature that asks for a verification plugin: this build runs none. A signature that
 * names the plugin in a wrong way is refused too.
 *
 * @throws {VerificationFailure} `plugin.*`.
 */
export function checkPluginAttributes(envelope: Envelope): void {
  if (!envelope.extended.has(VERIFICATION_PLUGIN)) return;
  for (const attribute of [VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION]) {
    if (!envelope.extended.has(attribute)) continue;
    const value = envelope.extended.get(attribute);
    if (!envelope.criticalExtended.includes(attribute)) throw invalid(attribute, "is not critical");
    if (typeof value !== "string" || value.trim() === "") {
      throw invalid(attribute, "is blank or not a text");
    }
  }
  const plugin = String(envelope.extended.get(VERIFICATION_PLUGIN)).slice(0, 100);
  throw new VerificationFailure({
    reason: "plugin.not_installed",
    message: `The signature asks for the verification plugin ${
      JSON.stringify(plugin)
    }; this build runs no plugins`,
  });
}

/**
 * Refuses a signature with a critical attribute that nobody has processed (RFC 7515 §4.1.11,
 * RFC 9052 §3.1).
 *
 * @throws {VerificationFailure} `integrity.critical_header`.
 */
export function checkUnknownAttributes(envelope: Envelope): string {
  const [unknown] = envelope.criticalExtended;
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
