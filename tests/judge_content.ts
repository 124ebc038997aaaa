/** Lets a verifier of attached documents judge one, as it is and without any file. */

import { loadConfiguration } from "../src/resources/mod.ts";
import { digestOf, type Manifest, OCI_IMAGE_MANIFEST } from "../src/oci/mod.ts";
import { TrustSnapshot } from "../src/trust/mod.ts";
import type { Verifier, VerifierResult } from "../src/verifiers/mod.ts";
import { COMMON, resource, type ResourceJson } from "./case_resources.ts";

/** A document to judge; what is absent has a value that is right. */
export interface Attached {
  readonly artifactType: string;
  /** The contents of the blobs: text, bytes, or a value that becomes JSON. */
  readonly blobs: readonly unknown[];
  /** The media type of the blobs; the artifact type when absent. */
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** The annotations of the listing. */
  readonly listed?: Readonly<Record<string, string>>;
  readonly now?: Date;
}

/** The verifier that a resource of a type with these parameters becomes. */
export async function contentVerifier(
  type: string,
  parameters: ResourceJson,
  artifactTypes: string,
): Promise<Verifier> {
  const verifier = resource("Verifier", type, { name: type, artifactTypes, parameters });
  const items = [...COMMON, verifier];
  const text = JSON.stringify({ kind: "List", items });
  const { configuration, problems } = await loadConfiguration([{ path: "test.json", text }]);
  const [found] = configuration?.forScope("").verifiers ?? [];
  if (found === undefined) throw new Error(problems.map((problem) => problem.text).join("; "));
  return found;
}

/** The verifier's result. */
export async function judgeContent(
  verifier: Verifier,
  { artifactType, blobs, mediaType, annotations = {}, listed, now }: Attached,
): Promise<VerifierResult> {
  const contents = blobs.map((blob) =>
    blob instanceof Uint8Array
      ? blob as Uint8Array<ArrayBuffer>
      : new TextEncoder().encode(typeof blob === "string" ? blob : JSON.stringify(blob))
  );
  const descriptors = contents.map((bytes) => ({
    mediaType: mediaType ?? artifactType,
    digest: digestOf(bytes),
    size: bytes.length,
  }));
  const manifest: Manifest = {
    kind: "image",
    mediaType: OCI_IMAGE_MANIFEST,
    artifactType,
    blobs: descriptors,
    manifests: [],
    annotations,
  };
  const descriptor = {
    mediaType: OCI_IMAGE_MANIFEST,
    digest: digestOf(new TextEncoder().encode("manifest")),
    size: 8,
  };
  return await verifier.verify(
    { reference: `registry.example.com/app@${descriptor.digest}`, descriptor },
    { ...descriptor, artifactType, ...(listed === undefined ? {} : { annotations: listed }) },
    {
      artifacts: {
        manifest: () => Promise.resolve(manifest),
        blob: ({ digest }) =>
          Promise.resolve(contents[descriptors.findIndex((one) => one.digest === digest)] as never),
      },
      trust: new TrustSnapshot("content", new Map()),
      scope: "",
      now: now ?? new Date("2026-11-24T12:00:00Z"),
      signal: new AbortController().signal,
    },
  );
}
