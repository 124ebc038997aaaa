import assert from "node:assert/strict";
import { gatekeeperFindings, type GatekeeperObjects } from "./gatekeeper_findings.ts";

const CERTIFICATE = await Deno.readTextFile(
  `${import.meta.dirname}/../../config/samples/certificates/root.pem`,
);
const LIMITS = { verifyMs: 2900, mutateMs: 950, now: new Date("2026-11-24T12:00:00Z") };

type Json = Readonly<Record<string, unknown>>;

const named = (name: string, spec: Json): Json => ({ metadata: { name }, spec });

function provider(spec: Json = {}): Json {
  return named("ratify-provider", {
    url: "https://assay.gatekeeper-system:6001/ratify/gatekeeper/v1/verify",
    timeout: 5,
    caBundle: btoa(CERTIFICATE),
    ...spec,
  });
}

const TEMPLATE = named("ratifyverification", {
  crd: { spec: { names: { kind: "RatifyVerification" } } },
  targets: [{ rego: 'response := external_data({"provider": "ratify-provider", "keys": images})' }],
});
const CONSTRAINT = named("all", {});

function webhooks(webhook: Json = {}): Json {
  return {
    metadata: { name: "gatekeeper-validating-webhook-configuration" },
    webhooks: [
      { name: "validation.gatekeeper.sh", failurePolicy: "Fail", timeoutSeconds: 6, ...webhook },
      { name: "check-ignore-label.gatekeeper.sh", failurePolicy: "Ignore", timeoutSeconds: 3 },
    ],
  };
}

const GOOD: GatekeeperObjects = {
  providers: [provider(), named("another", { url: "https://example.com/x" })],
  templates: [TEMPLATE],
  constraints: new Map([["RatifyVerification", [CONSTRAINT]]]),
  assigns: [],
  webhooks: [webhooks()],
};

Deno.test("gatekeeperFindings has nothing to say of objects that are as they should be", () => {
  assert.deepEqual(gatekeeperFindings(GOOD, LIMITS), []);
});

Deno.test("gatekeeperFindings has nothing to say of what could not be listed", () => {
  const none = {
    providers: undefined,
    templates: undefined,
    constraints: new Map(),
    assigns: undefined,
    webhooks: undefined,
  };
  assert.deepEqual(gatekeeperFindings(none, LIMITS), []);
});

const assign = (failurePolicy: string): Json =>
  named("tag-to-digest", {
    parameters: { assign: { externalData: { provider: "ratify-provider", failurePolicy } } },
  });
const url = (path: string): string => `https://assay.gatekeeper-system:6001${path}`;

const CASES: [string, Partial<GatekeeperObjects>, RegExp][] = [
  ["no provider", { providers: [] }, /^no Provider leads to \/ratify\/gatekeeper\/v1\/verify/],
  ["an old path", {
    providers: [provider({ url: url("/ratify/gatekeeper/v2/verify") })],
  }, /asks for \/ratify\/gatekeeper\/v2\/verify, where nothing answers/],
  ["a short wait", { providers: [provider({ timeout: 2 })] }, /waits 2 s, and an answer .* 2\.9 s/],
  ["no CA", { providers: [provider({ caBundle: "" })] }, /no certificate in caBundle/],
  ["a CA that is no base64", { providers: [provider({ caBundle: "%" })] }, /no certificate in ca/],
  ["a CA that is no certificate", {
    providers: [
      provider({
        caBundle: btoa("-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----\n"),
      }),
    ],
  }, /cannot be read/],
  ["no template", { templates: [] }, /^no ConstraintTemplate asks ratify-provider/],
  ["no constraint", {
    constraints: new Map([["RatifyVerification", []]]),
  }, /^there is no RatifyVerification/],
  ["a constraint that only warns", {
    constraints: new Map([["RatifyVerification", [named("w", { enforcementAction: "warn" })]]]),
  }, /^RatifyVerification\/w has enforcementAction warn: it does not deny/],
  ["mutation that may fail", { assigns: [assign("Ignore")] }, /^Assign\/tag-to-digest .* Ignore/],
  ["a webhook that ignores failures", {
    webhooks: [webhooks({ failurePolicy: "Ignore" })],
  }, /^webhook validation\.gatekeeper\.sh .* what is not answered in time is admitted/],
  ["a webhook that waits less than its provider", {
    webhooks: [webhooks({ timeoutSeconds: 3 })],
  }, /waits 3 s, less than the 5 s of a Provider/],
];

for (const [name, objects, finding] of CASES) {
  Deno.test(`gatekeeperFindings tells of ${name}`, () => {
    const found = gatekeeperFindings({ ...GOOD, ...objects }, LIMITS);
    assert.equal(found.length, 1, found.join("\n"));
    assert.match(found[0] ?? "", finding);
  });
}

Deno.test("gatekeeperFindings tells of a CA that has expired, and of one that soon will", () => {
  for (const [now, word] of [["2060-01-02", "expired"], ["2059-12-15", "expires"]] as const) {
    const found = gatekeeperFindings(GOOD, { ...LIMITS, now: new Date(now) });
    assert.match(found.join(), new RegExp(`caBundle ${word} on 2060-01-01`));
  }
});
