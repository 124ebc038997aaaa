import { callProblem, refuse, sts } from "./alibaba.ts";
import { type Asked, type Clock, CloudDouble } from "./double.ts";

/** A key of the service. */
export interface AlibabaKmsKey {
  state: string;
  readonly spec: string;
  /** The newest last. */
  readonly versions: { readonly id: string; readonly made: string; readonly pem: string }[];
}

/** A certificate of the service. */
export interface AlibabaKmsCertificate {
  status: string;
  readonly certificate: string;
  readonly chain: string;
}

/** KMS and STS, in one place; each refuses what the real one refuses. */
export interface AlibabaKmsDouble extends AsyncDisposable {
  readonly double: CloudDouble;
  readonly keys: Map<string, AlibabaKmsKey>;
  readonly aliases: Map<string, string>;
  readonly certificates: Map<string, AlibabaKmsCertificate>;
}

/** Starts one, empty. */
export function alibabaKmsDouble(clock: Clock): AlibabaKmsDouble {
  const nonces = new Set<string>();
  const double = new CloudDouble((asked) =>
    asked.url.searchParams.get("Action") === "AssumeRoleWithOIDC"
      ? sts(asked, clock)
      : callProblem(asked, clock, nonces, "2016-01-20") ?? answer(asked, kms)
  );
  const kms: AlibabaKmsDouble = {
    double,
    keys: new Map(),
    aliases: new Map(),
    certificates: new Map(),
    [Symbol.asyncDispose]: () => double[Symbol.asyncDispose](),
  };
  return kms;
}

function answer({ url, headers }: Asked, kms: AlibabaKmsDouble): Response {
  const action = headers.get("x-acs-action");
  const query = (name: string): string => url.searchParams.get(name) ?? "";
  if (action === "DescribeCertificate" || action === "GetCertificate") {
    const id = query("CertificateId");
    const found = kms.certificates.get(id);
    if (found === undefined) return refuse(404, "Forbidden.CertificateNotFound");
    const { status: Status, certificate: Certificate, chain: CertificateChain } = found;
    return action === "GetCertificate"
      ? Response.json({ CertificateId: id, Certificate, CertificateChain, RequestId: "1" })
      : Response.json({ CertificateId: id, Status, RequestId: "1" });
  }
  const asked = query("KeyId");
  const id = asked.startsWith("alias/") ? kms.aliases.get(asked) : asked;
  const key = kms.keys.get(id ?? "");
  if (key === undefined) return refuse(404, "Forbidden.KeyNotFound");
  switch (action) {
    case "DescribeKey":
      return Response.json({
        KeyMetadata: { KeyId: id, KeyState: key.state, KeySpec: key.spec, KeyUsage: "SIGN/VERIFY" },
        RequestId: "1",
      });
    case "ListKeyVersions": {
      const [page, size] = [Number(query("PageNumber")), Number(query("PageSize"))];
      if (!(page >= 1) || !(size >= 1 && size <= 100)) return refuse(400, "InvalidParameter");
      const KeyVersion = key.versions.slice((page - 1) * size, page * size)
        .map((each) => ({ KeyId: id, KeyVersionId: each.id, CreationDate: each.made }));
      return Response.json({
        KeyVersions: { KeyVersion },
        TotalCount: key.versions.length,
        PageNumber: page,
        PageSize: size,
        RequestId: "1",
      });
    }
    case "GetPublicKey": {
      if (key.state !== "Enabled") return refuse(409, `Rejected.${key.state}`);
      const found = key.versions.find((each) => each.id === query("KeyVersionId"));
      if (found === undefined) return refuse(404, "Forbidden.KeyVersionNotFound");
      return Response.json({
        KeyId: id,
        KeyVersionId: found.id,
        PublicKey: found.pem,
        RequestId: "1",
      });
    }
    default:
      return refuse(404, "InvalidAction.NotFound");
  }
}
