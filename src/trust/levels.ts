import type { Action, Level, SignatureVerification, Validation } from "./trust_policy.ts";

const LEVEL_ACTIONS: Readonly<Record<Level, Readonly<Record<Validation, Action>>>> = {
  strict: {
    integrity: "enforce",
    authenticity: "enforce",
    authenticTimestamp: "enforce",
    expiry: "enforce",
    revocation: "enforce",
  },
  permissive: {
    integrity: "enforce",
    authenticity: "enforce",
    authenticTimestamp: "log",
    expiry: "log",
    revocation: "log",
  },
  audit: {
    integrity: "enforce",
    authenticity: "log",
    authenticTimestamp: "log",
    expiry: "log",
    revocation: "log",
  },
  skip: {
    integrity: "skip",
    authenticity: "skip",
    authenticTimestamp: "skip",
    expiry: "skip",
    revocation: "skip",
  },
};

/** What happens when each validation fails, after the overrides of the statement. */
export function actionsOf(
  verification: SignatureVerification,
): Readonly<Record<Validation, Action>> {
  return { ...LEVEL_ACTIONS[verification.level], ...verification.override };
}
