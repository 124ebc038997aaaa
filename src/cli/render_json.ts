import { type ImageReport, type Stamp, toWire } from "../report/mod.ts";

/**
 * The verdict on one image as one line of JSON: the wire report, with the image as it was named,
 * its reference and digest, the verdict, and for a verdict other than allow its cause.
 */
export function renderJson(image: string, report: ImageReport, stamp: Stamp): string {
  const { verdict } = report;
  return JSON.stringify({
    ...toWire(report, stamp),
    image,
    reference: report.reference,
    digest: report.digest,
    verdict: verdict.verdict,
    ...(verdict.verdict === "allow" ? {} : {
      cause: {
        code: verdict.cause.code,
        message: verdict.cause.message,
        detail: verdict.cause.detail,
        remedy: verdict.cause.remedy,
        transient: verdict.cause.transient,
      },
    }),
  });
}
