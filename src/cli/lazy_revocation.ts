import type { RevocationChecker, RevocationStatus } from "../trust/mod.ts";

/**
 * Asks for the revocation of certificates. What does so is loaded when the first certificate needs it:
 * most runs pay nothing for it.
 *
 * @param allowLoopback whether this machine itself may be asked.
 */
export function createLazyRevocation(allowLoopback: boolean): RevocationChecker & AsyncDisposable {
  let service: Promise<RevocationChecker & AsyncDisposable> | undefined;
  return {
    check: async (certificate, issuer, question): Promise<RevocationStatus> =>
      await (await (service ??= open(allowLoopback))).check(certificate, issuer, question),
    [Symbol.asyncDispose]: async (): Promise<void> =>
      await (await service)?.[Symbol.asyncDispose](),
  };
}

async function open(allowLoopback: boolean): Promise<RevocationChecker & AsyncDisposable> {
  const { RevocationService } = await import("../revocation/mod.ts");
  return new RevocationService({ allowLoopback });
}
