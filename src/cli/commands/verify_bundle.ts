import { AssayError } from "../../errors.ts";
import { readPublicKeyFile, readTrustedRootFile, whyUnreadable } from "../../keys/mod.ts";
import { publicGoodTrustedRoot, stagingTrustedRoot } from "../../resources/mod.ts";
import type { TrustedRoot } from "../../trust/mod.ts";
import { exactly, MAX_BUNDLE_BYTES, type Signer, verifyBundle } from "../../verifiers/mod.ts";
import type { Command, Invocation } from "../command.ts";
import { usage } from "../invocation.ts";
import type { Io } from "../io.ts";
import { renderError, renderResult } from "../render_text.ts";

/** The most bytes of a file that a bundle is about: 1 GiB, since it is read as a whole. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;

/** `assay verify-bundle`: a Sigstore bundle against a file or digest. */
export const verifyBundleCommand: Command = {
  name: "verify-bundle",
  summary: "Verify a Sigstore bundle against a file or its digest",
  argument: "FILE_OR_DIGEST",
  description:
    `Verifies that a Sigstore bundle (version 0.1 to 0.3) holds a signature of the file, or an in-toto
statement about it, by the signer that is named: an identity in a certificate, or a key. A signature with a
certificate must be in a transparency log; for one by a key, the log entries that the bundle has must be right. Nothing
is asked of the network.

\`FILE_OR_DIGEST\` is a file, or its digest as \`sha256:\` and 64 hexadecimal digits.`,
  options: [
    { name: "bundle", value: "FILE", description: "The bundle. Required." },
    {
      name: "certificate-identity",
      value: "IDENTITY",
      description: "The signer: a subject alternative name of the certificate.",
    },
    {
      name: "certificate-oidc-issuer",
      value: "URL",
      description: "Who has identified the signer.",
    },
    {
      name: "key",
      value: "FILE",
      description: "The public key of the signer, in place of an identity.",
    },
    {
      name: "trusted-root",
      value: "FILE",
      description:
        "Whom to trust: a `trusted_root.json`. Without it: the public Sigstore instance, as it was when this release was made.",
    },
    { name: "staging", description: "Trust the staging instance of Sigstore." },
  ],
  examples: [
    "assay verify-bundle --bundle app.sigstore.json --certificate-identity dev@example.com --certificate-oidc-issuer https://accounts.example.com app.tar.gz",
    "assay verify-bundle --bundle app.sigstore.json --key release.pub app.tar.gz",
  ],
  exits: {
    0: "The bundle is right.",
    1: "It is not, or a file cannot be read.",
    2: "The command was called in a wrong way.",
  },
  run,
};

/** Whatever cannot be read leaves the file unverified, and that is all that the exit status says. */
async function run(invocation: Invocation, io: Io): Promise<number> {
  try {
    return await verify(invocation, io);
  } catch (error) {
    if (!(error instanceof AssayError) || error.code === "USAGE_INVALID") throw error;
    for (const line of renderError(error)) io.err(line);
    return 1;
  }
}

async function verify(invocation: Invocation, io: Io): Promise<number> {
  const path = invocation.text("bundle");
  if (path === undefined) throw usage(verifyBundleCommand, "--bundle is missing");
  const [target, ...others] = invocation.positionals;
  if (target === undefined || others.length > 0) {
    throw usage(verifyBundleCommand, "name one file or digest");
  }
  const signer = await readSigner(invocation);
  const root = await readRoot(invocation);
  const bundle = await readFile(path, MAX_BUNDLE_BYTES);
  const artifact = await readArtifact(target);
  const result = await verifyBundle(bundle, artifact, signer, { root, now: io.now() });
  for (const line of renderResult(result, io.colour)) io.out(line);
  return result.outcome === "success" ? 0 : 1;
}

async function readSigner(invocation: Invocation): Promise<Signer> {
  const key = invocation.text("key");
  const identity = invocation.text("certificate-identity");
  const issuer = invocation.text("certificate-oidc-issuer");
  if (key !== undefined && identity === undefined && issuer === undefined) {
    return { kind: "key", key: await readPublicKeyFile(key), hash: undefined };
  }
  if (key === undefined && identity !== undefined && issuer !== undefined) {
    const policy = { identity: exactly(identity), issuer: exactly(issuer) };
    return { kind: "identity", policy, requireCertificateLog: true };
  }
  throw usage(
    verifyBundleCommand,
    "give either --key, or --certificate-identity and --certificate-oidc-issuer",
  );
}

function readRoot(invocation: Invocation): Promise<TrustedRoot> | TrustedRoot {
  const file = invocation.text("trusted-root");
  if (file !== undefined) return readTrustedRootFile(file);
  return invocation.flag("staging") ? stagingTrustedRoot() : publicGoodTrustedRoot();
}

/** A text that looks like a digest is one unless there is a file of that name. */
async function readArtifact(
  target: string,
): Promise<Uint8Array<ArrayBuffer> | { readonly sha256: Uint8Array<ArrayBuffer> }> {
  const hex = /^sha256:([0-9a-fA-F]{64})$/.exec(target)?.[1];
  if (hex === undefined || await exists(target)) return await readFile(target, MAX_FILE_BYTES);
  return { sha256: new Uint8Array((hex.match(/../g) ?? []).map((pair) => parseInt(pair, 16))) };
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

async function readFile(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const { size } = await Deno.stat(path);
    if (size > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    return await Deno.readFile(path);
  } catch (error) {
    const why = whyUnreadable(error);
    throw new AssayError({
      code: "VERIFY_REFERENCE_FAILURE",
      component: "commandLine",
      message: `The file ${path} cannot be read: ${why}`,
      remedy: "Check the name of the file and that it may be read.",
    });
  }
}
