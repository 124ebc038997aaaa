/**
 * What a provider may answer for a Pod that runs two images, right and wrong in every way that one can
 * think of, and what a denial tells then.
 */

import type { Answer, Answering } from "./fake_provider.ts";

export const FIRST = "registry.example/first:v1";
export const SECOND = "registry.example/second:v1";
export const DIGEST = `sha256:${"0".repeat(64)}`;

interface Item {
  readonly key: unknown;
  readonly value?: unknown;
  readonly error?: unknown;
}

const SIGNED = { nestedResults: [{ isSuccess: true, verifierType: "notation" }] };

/** The value of an image that every constraint of the library allows. */
export const POSITIVE = {
  version: "0.2.0",
  isSuccess: true,
  traceID: "t-1",
  timestamp: "2026-01-01T00:00:00Z",
  verifierReports: [
    {
      isSuccess: true,
      verifierType: "notation",
      extensions: { Issuer: "CN=Release CA,O=Example,C=SE" },
    },
    { isSuccess: true, verifierType: "sbom", ...SIGNED },
    {
      isSuccess: true,
      verifierType: "vulnerabilityreport",
      extensions: { createdAt: new Date().toISOString() },
      ...SIGNED,
    },
  ],
};

/** The item of an image that is allowed. */
export const positive = (key: string): Item => ({ key, value: POSITIVE });

/** A provider's response with these members. */
export const response = (parts: Record<string, unknown>): Answer => ({
  body: {
    apiVersion: "externaldata.gatekeeper.sh/v1beta1",
    kind: "ProviderResponse",
    response: { idempotent: true, ...parts },
  },
});

/** An item, or more, for each key. */
export const items =
  (make: (key: string, index: number) => Item | readonly Item[]): Answering => (keys) =>
    response({ items: keys.flatMap(make) });

/** A right answer for all images but the second, which has another one. */
const second = (make: (key: string) => Item | readonly Item[]): Answering =>
  items((key) => key === SECOND ? make(key) : positive(key));

/** A right answer for all images but the second, which has this value. */
export const value = (found: unknown): Answering => second((key) => ({ key, value: found }));

/** Answers that allow. */
export const GOOD: Readonly<Record<string, Answering>> = {
  "positive for every image": items(positive),
  "positive, in another order": (keys) => response({ items: keys.toReversed().map(positive) }),
  "positive, beside images that nobody asked for": (keys) =>
    response({ items: [...keys.map(positive), positive("registry.example/other:v1")] }),
};

const withReports = (verifierReports: unknown): unknown => ({ ...POSITIVE, verifierReports });
const withEach = (change: Record<string, unknown>): unknown =>
  withReports(POSITIVE.verifierReports.map((report) => ({ ...report, ...change })));

/** Positive values that lack what the constraints ask for that ask for more than that. */
export const INSUFFICIENT: Readonly<Record<string, unknown>> = {
  "no reports": { isSuccess: true },
  "no reports in the list": withReports([]),
  "reports that are null": withReports(null),
  "reports that are a text": withReports("notation sbom vulnerabilityreport"),
  "reports that are no objects": withReports([7, null, "sbom", [], true]),
  "reports without a type": withEach({ verifierType: undefined }),
  "reports of another type": withEach({ verifierType: "SBOM" }),
  "reports with a type that is a list": withEach({ verifierType: ["sbom"] }),
  "reports that failed": withEach({ isSuccess: false }),
  "reports without an outcome": withEach({ isSuccess: undefined }),
  "reports whose outcome is a text": withEach({ isSuccess: "true" }),
  "reports with nothing below and nothing said": withEach({
    nestedResults: undefined,
    extensions: undefined,
  }),
  "reports with wrong types below": withEach({ nestedResults: "signed", extensions: [] }),
  "reports with wrong types further below": withEach({
    nestedResults: [7, null, {}],
    extensions: { Issuer: ["CN=Release CA,O=Example,C=SE"], createdAt: 0 },
  }),
  "reports that failed below": withEach({
    nestedResults: [{ isSuccess: false, verifierType: "notation" }],
    extensions: { Issuer: "", createdAt: "yesterday" },
  }),
  "reports in groups of wrong types": withReports([{ verifierReports: 7, nestedReports: 7 }]),
  "reports in groups that are empty": withReports([{ verifierReports: [], nestedReports: [] }]),
};

const REFUSED = `Image ${SECOND} is not allowed: `;
export const TROUBLE = "Images could not be verified, so they are not allowed: ";

/** Answers that deny, each with what is told. */
export const BAD: Readonly<Record<string, readonly [answer: Answering, told: string]>> = {
  "negative, with what was found": [
    value({
      isSuccess: false,
      traceID: "t-1",
      verifierReports: [
        { isSuccess: true, verifierName: "sbom", message: "fine" },
        {
          isSuccess: false,
          verifierName: "corp",
          message: "The signer is not trusted",
          errorReason: "authenticity.untrusted",
          remediation: "Add its root certificate.",
        },
      ],
    }),
    `${REFUSED}corp: The signer is not trusted (Add its root certificate.); trace t-1`,
  ],
  "negative, without a verifier": [
    value({ isSuccess: false, verifierReports: [{ isSuccess: false, message: "Not signed" }] }),
    `${REFUSED}Not signed`,
  ],
  "negative, with nothing but a reason": [
    value({ isSuccess: false, verifierReports: [{ isSuccess: false, errorReason: "expiry" }] }),
    `${REFUSED}expiry`,
  ],
  "negative, with a report that says nothing": [
    value({ isSuccess: false, verifierReports: [{}] }),
    `${REFUSED}an artifact was not accepted`,
  ],
  "negative, though all reports are positive": [
    value({ isSuccess: false, verifierReports: [{ isSuccess: true }], traceID: "t-1" }),
    `${REFUSED}what is attached to it does not satisfy the policy; trace t-1`,
  ],
  "negative and nothing else": [
    value({ isSuccess: false }),
    `${REFUSED}what is attached to it does not satisfy the policy`,
  ],
  "negative, with fields of wrong types": [
    value({ isSuccess: false, traceID: 7, verifierReports: "none", timestamp: null }),
    `${REFUSED}what is attached to it does not satisfy the policy`,
  ],
  "negative, with reports of wrong types": [
    value({ isSuccess: false, verifierReports: [7, null, { message: {}, verifierName: [] }] }),
    `${REFUSED}an artifact was not accepted`,
  ],
  "negative, with endless reports": [
    value({
      isSuccess: false,
      verifierReports: Array.from({ length: 100 }, (_, index) => ({
        isSuccess: false,
        message: `${index} ${"x".repeat(5000)}`,
      })),
    }),
    `${REFUSED}0 xxx`,
  ],
  "null": [value(null), `${REFUSED}the provider's answer holds no verdict`],
  "a text": [value("true"), `${REFUSED}the provider's answer holds no verdict`],
  "a list": [value([{ isSuccess: true }]), `${REFUSED}the provider's answer holds no verdict`],
  "a boolean": [value(true), `${REFUSED}the provider's answer holds no verdict`],
  "an empty object": [value({}), `${REFUSED}the provider's answer holds no verdict`],
  "the text 'true' where a boolean belongs": [
    value({ isSuccess: "true" }),
    `${REFUSED}the provider's answer holds no verdict`,
  ],
  "the number 1 where a boolean belongs": [
    value({ isSuccess: 1 }),
    `${REFUSED}the provider's answer holds no verdict`,
  ],
  "positive in other letters": [
    value({ issuccess: true }),
    `${REFUSED}the provider's answer holds no verdict`,
  ],
  "an item without a value": [
    second((key) => ({ key })),
    `${REFUSED}the provider's answer holds no verdict`,
  ],
  "an error": [second((key) => ({ key, error: "AUTH_DENIED: no" })), `${REFUSED}AUTH_DENIED: no`],
  "an error beside a positive value": [
    second((key) => ({ ...positive(key), error: "AUTH_DENIED: no" })),
    `${REFUSED}AUTH_DENIED: no`,
  ],
  "two items, the second negative": [
    second((key) => [positive(key), { key, value: { isSuccess: false } }]),
    `${REFUSED}the provider answered more than once`,
  ],
  "two items, both positive": [
    second((key) => [positive(key), positive(key)]),
    `${REFUSED}the provider answered more than once`,
  ],
  "two items, one of them an error": [
    second((key) => [positive(key), { key, error: "AUTH_DENIED: no" }]),
    `${REFUSED}AUTH_DENIED: no`,
  ],
  "no item": [second(() => []), `${REFUSED}the provider did not answer for it`],
  "an item for another image": [
    second((key) => positive(`${key}0`)),
    `${REFUSED}the provider did not answer for it`,
  ],
  "an item for the image in other letters": [
    second((key) => positive(key.toUpperCase())),
    `${REFUSED}the provider did not answer for it`,
  ],
  "a system error": [() => response({ systemError: "registry.example is down" }), `${TROUBLE}reg`],
  "a system error beside positive items": [
    (keys) => response({ items: keys.map(positive), systemError: "registry.example is down" }),
    `${TROUBLE}registry.example is down`,
  ],
  "a system error beside a negative item": [
    (keys) =>
      response({
        items: keys.map((key) => ({ key, value: { isSuccess: false, traceID: "t-1" } })),
        systemError: "registry.example is down",
      }),
    `${REFUSED}what is attached to it does not satisfy the policy; trace t-1`,
  ],
  "a system error beside an error": [
    (keys) =>
      response({
        items: keys.map((key) => ({ key, error: "AUTH_DENIED: no" })),
        systemError: "registry.example is down",
      }),
    `${REFUSED}AUTH_DENIED: no`,
  ],
  "an endless error": [second((key) => ({ key, error: "x".repeat(5000) })), `${REFUSED}xxx`],
  "HTTP 500 with a right body": [
    (keys) => ({ ...items(positive)(keys), status: 500 }),
    `${TROUBLE}the provider answered with HTTP status 500`,
  ],
  "HTTP 404 and a page": [() => ({ status: 404, body: "<html>" }), `${TROUBLE}failed to unmarshal`],
  "HTTP 204": [() => ({ status: 204, body: "" }), TROUBLE],
  "no JSON": [() => ({ body: "<html>" }), `${TROUBLE}failed to unmarshal`],
  "two JSON documents": [
    (keys) => ({ body: JSON.stringify(items(positive)(keys).body).repeat(2) }),
    `${TROUBLE}failed to unmarshal`,
  ],
  "nothing": [() => ({ body: "" }), `${TROUBLE}failed to unmarshal`],
  "an empty response": [() => ({ body: {} }), `${REFUSED}the provider did not answer for it`],
  "a response without items": [
    () => response({}),
    `${REFUSED}the provider did not answer for it`,
  ],
  "items that are no list": [() => response({ items: "all" }), `${TROUBLE}failed to unmarshal`],
  "not there in time": [() => ({ body: "", hangs: true }), `${TROUBLE}failed to send`],
};
