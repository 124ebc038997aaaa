/** Resources as texts, for the tests of this room. */

import { formatProblem } from "../problem.ts";
import { loadConfiguration, type LoadOptions } from "../load.ts";

/** A CA certificate, valid from 2020 to 2060. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIICNDCCAdqgAwIBAgIQAO+s/vkoWHSvwUhDgxCrdzAKBggqhkjOPQQDAjB5MQsw
CQYDVQQGEwJTRTEOMAwGA1UECBMFU2thbmUxDTALBgNVBAcTBEx1bmQxGzAZBgNV
BAoTElZlY3RvciBXb3JrcyBOb3J0aDEQMA4GA1UECxMHUmVsZWFzZTEcMBoGA1UE
AxMTTWF0cml4IHAyNTYgYzMgcm9vdDAgFw0yMDAxMDEwMDAwMDBaGA8yMDYwMDEw
MTAwMDAwMFoweTELMAkGA1UEBhMCU0UxDjAMBgNVBAgTBVNrYW5lMQ0wCwYDVQQH
EwRMdW5kMRswGQYDVQQKExJWZWN0b3IgV29ya3MgTm9ydGgxEDAOBgNVBAsTB1Jl
bGVhc2UxHDAaBgNVBAMTE01hdHJpeCBwMjU2IGMzIHJvb3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAQdPgOPbExrBr7kEPWQYOwOitqo9PIamh6XiF1jF1foRXIq
y0JM8VFhi655Lp5bXqSbLaNjNzsWXP4SdZyPlEjZo0IwQDAOBgNVHQ8BAf8EBAMC
AQYwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQUIhgrlQLYN6gSp8fdIEsubHol
nx0wCgYIKoZIzj0EAwIDSAAwRQIhAMjzakiS+8/cX483HCGfTICYojydRzERcPQZ
cs1L8NalAiAYf54zkoIdd0aX66m8bz62pAQbMqXjyeangaxF6dveRQ==
-----END CERTIFICATE-----
`;

/** Another CA certificate, which has expired on 2023-03-01. */
export const EXPIRED_CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIICJDCCAcqgAwIBAgIQANpZuVj2L1mqp4w1xiaHCjAKBggqhkjOPQQDAjByMQsw
CQYDVQQGEwJTRTEOMAwGA1UECBMFU2thbmUxDTALBgNVBAcTBEx1bmQxGzAZBgNV
BAoTElZlY3RvciBXb3JrcyBOb3J0aDEQMA4GA1UECxMHUmVsZWFzZTEVMBMGA1UE
AxMMUmV0aXJlZCByb290MB4XDTIwMDMwMTEyMDAwMFoXDTIzMDMwMTEyMDAwMFow
cjELMAkGA1UEBhMCU0UxDjAMBgNVBAgTBVNrYW5lMQ0wCwYDVQQHEwRMdW5kMRsw
GQYDVQQKExJWZWN0b3IgV29ya3MgTm9ydGgxEDAOBgNVBAsTB1JlbGVhc2UxFTAT
BgNVBAMTDFJldGlyZWQgcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMsT
x+wnb7RACow//2lKOUfaHrB4yJNCKTN+RhjHcNqRkDzJ+oM5ArXfy4kFeTPhFJto
qK/Z48JGMvPc0guhCqWjQjBAMA4GA1UdDwEB/wQEAwIBBjAPBgNVHRMBAf8EBTAD
AQH/MB0GA1UdDgQWBBQJnNWYO3ipkmUPrRQKaF5lyD92fzAKBggqhkjOPQQDAgNI
ADBFAiEAyCCK2iPrQeblHI13ksp9SsD/s98FrXr4thIOTCcvH8ICIBTCmBHLrcL8
1jofIDCoH9ZotsmIVaZCL5yieTWvduI5
-----END CERTIFICATE-----
`;

/** A public key on P-256. */
export const PUBLIC_KEY = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEMP4MnIne7E5fzPZul9ONUdS11/GS
IeDx21KGgWOewCgYtI/pxLszW43mhJ8fwblkyeG83+V7GvX3qPChXH12iw==
-----END PUBLIC KEY-----
`;

const API_VERSION = "config.ratify.deislabs.io/v1beta1";

/** How a resource in a test differs from one of the cluster called `x`. */
export interface ResourceOptions {
  readonly name?: string;
  readonly namespace?: string;
  readonly apiVersion?: string;
}

/**
 * A resource in YAML. Its lines are: 1 apiVersion, 2 kind, 3 metadata, 4 spec, and from 5, column 3,
 * what the spec has in it.
 */
export function yaml(kind: string, spec: string, options: ResourceOptions = {}): string {
  const namespace = options.namespace === undefined ? "" : `, namespace: ${options.namespace}`;
  return [
    `apiVersion: ${options.apiVersion ?? API_VERSION}`,
    `kind: ${kind}`,
    `metadata: {name: ${options.name ?? "x"}${namespace}}`,
    "spec:",
    ...spec.split("\n").map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** Several resources as the documents of one file. */
export function documents(...resources: readonly string[]): string {
  return resources.join("---\n");
}

/** PEM text as the value of a field called `value`, at a depth of two. */
export function pemValue(text: string): string {
  return ["  value: |", ...text.trimEnd().split("\n").map((line) => `    ${line}`)].join("\n");
}

/** A provider with one certificate. */
export function provider(name: string, namespace?: string, pem = CERTIFICATE): string {
  const kind = namespace === undefined ? "" : "Namespaced";
  return yaml(
    `${kind}KeyManagementProvider`,
    `type: inline\nparameters:\n  contentType: certificate\n${pemValue(pem)}`,
    { name, ...(namespace === undefined ? {} : { namespace }) },
  );
}

/** The parameters of a Notation verifier with one trust store of the given providers. */
export function notationSpec(providers: readonly string[], extra = ""): string {
  return [
    "name: notation",
    "artifactTypes: application/vnd.cncf.notary.signature",
    "parameters:",
    `  verificationCertStores: {ca: {acme: [${providers.join(", ")}]}}`,
    "  trustPolicyDoc:",
    '    version: "1.0"',
    "    trustPolicies:",
    "      - name: default",
    '        registryScopes: ["*"]',
    "        signatureVerification: {level: strict}",
    '        trustStores: ["ca:acme"]',
    '        trustedIdentities: ["*"]',
    ...(extra === "" ? [] : [extra]),
  ].join("\n");
}

/** A Store, a Policy, a provider and a Verifier: the least that gives verdicts. */
export const COMPLETE: string = documents(
  yaml("Store", "name: oras", { name: "store" }),
  yaml(
    "Policy",
    "type: config-policy\nparameters: {artifactVerificationPolicies: {default: any}}",
    { name: "ratify-policy" },
  ),
  provider("ca"),
  yaml("Verifier", notationSpec(["ca"]), { name: "notation" }),
);

/** The problems of one file, as `assay check` prints them. */
export async function problemsOf(
  text: string,
  options: LoadOptions & { readonly path?: string } = {},
): Promise<string[]> {
  const { problems } = await loadConfiguration([{ path: options.path ?? "t.yaml", text }], options);
  return problems.map(formatProblem);
}
