import type { JsonValue } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { isObject, Members } from "../content/mod.ts";
import { type BillOfMaterials, creationInfo } from "./bill_of_materials.ts";

/** The artifact type of bills of materials in SPDX's JSON form. */
export const SPDX_JSON = "application/spdx+json";

const VERSIONS = ["SPDX-2.1", "SPDX-2.2", "SPDX-2.3"];

/**
 * Reads an SPDX document in JSON (SPDX 2.1 to 2.3). A document with nothing but its version has no
 * packages.
 *
 * @throws {VerificationFailure} `sbom.parse`.
 */
export function readSpdx(document: JsonValue): BillOfMaterials {
  if (!isObject(document)) throw refusal("The document cannot be read: it is not an object");
  const root = new Members(document, "", "sbom.parse");
  const version = root.text("spdxVersion");
  if (version === undefined || !VERSIONS.includes(version)) {
    const found = version === undefined ? "none" : JSON.stringify(version.slice(0, 60));
    throw refusal(
      `The document cannot be read: spdxVersion must be one of ${
        VERSIONS.join(", ")
      }; found ${found}`,
    );
  }
  const info = root.object("creationInfo");
  return {
    creationInfo: info === undefined ? null : creationInfo({
      creators: info.texts("creators"),
      created: info.text("created"),
      licenseListVersion: info.text("licenseListVersion"),
      comment: info.text("comment"),
    }),
    packages: root.objects("packages").map((one) => ({
      name: one.text("name") ?? "",
      version: one.text("versionInfo") ?? "",
      licenses: listOf(one.text("licenseConcluded")),
      declared: listOf(one.text("licenseDeclared")),
    })),
  };
}

function listOf(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}

function refusal(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "sbom.parse", message });
}
