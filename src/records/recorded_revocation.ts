import type { RevocationChecker, RevocationStatus } from "../trust/mod.ts";
import type { RecordedRevocation } from "./record.ts";

/**
 * A checker that answers as responders and lists did. `missing` is told of certificates that nobody
 * asked about then.
 */
export function recordedRevocation(
  recorded: readonly RecordedRevocation[],
  missing: (what: string) => void,
): RevocationChecker {
  const known = new Map(recorded.map((one) => [`${one.certificate} ${one.issuer}`, one.status]));
  return {
    check: (certificate, issuer): Promise<RevocationStatus> => {
      const status = known.get(`${certificate.fingerprint} ${issuer.fingerprint}`);
      if (status !== undefined) return Promise.resolve(statusOf(status));
      const { ocspUrls, crlUrls } = certificate;
      if (ocspUrls.length === 0 && crlUrls.length === 0) {
        return Promise.resolve({ kind: "notRevocable" });
      }
      missing(`whether certificate ${certificate.fingerprint} was revoked`);
      return Promise.resolve({ kind: "unavailable", problem: "the record does not say" });
    },
  };
}

function statusOf(status: RecordedRevocation["status"]): RevocationStatus {
  if (status.kind !== "answered") return status;
  const { thisUpdate, nextUpdate, revokedAt, invalidityDate, reason, ...rest } = status.answer;
  return {
    ...status,
    answer: {
      ...rest,
      thisUpdate: new Date(thisUpdate),
      nextUpdate: new Date(nextUpdate),
      ...(reason === undefined ? {} : { reason }),
      ...(revokedAt === undefined ? {} : { revokedAt: new Date(revokedAt) }),
      ...(invalidityDate === undefined ? {} : { invalidityDate: new Date(invalidityDate) }),
    },
  };
}
