import type { JsonValue } from "../../crypto/mod.ts";
import { VerificationFailure } from "../../errors.ts";
import { isObject, Members } from "../content/mod.ts";
import {
  type BillOfMaterials,
  type CreationInfo,
  creationInfo,
  type Package,
} from "./bill_of_materials.ts";

/** The artifact type of bills of materials in CycloneDX's JSON form. */
export const CYCLONEDX_JSON = "application/vnd.cyclonedx+json";

/**
 * Reads a CycloneDX document in JSON (1.2 and later 1.x). The component that the document is about and
 * components inside others are packages like all others. A component in a group goes by its name, and
 * by group and name with a slash between them.
 *
 * @throws {VerificationFailure} `sbom.parse`.
 */
export function readCycloneDx(document: JsonValue): BillOfMaterials {
  if (!isObject(document)) throw refusal("The document cannot be read: it is not an object");
  const root = new Members(document, "", "sbom.parse");
  if (root.text("bomFormat") !== "CycloneDX") {
    throw refusal('The document cannot be read: bomFormat must be "CycloneDX"');
  }
  const version = root.text("specVersion") ?? "";
  if (!/^1\.[0-9]{1,3}$/.test(version)) {
    throw refusal(
      `The document cannot be read: specVersion must be 1.x; found ${
        JSON.stringify(version.slice(0, 60))
      }`,
    );
  }
  const metadata = root.object("metadata");
  const main = metadata?.object("component");
  const packages: Package[] = [];
  addPackages(main === undefined ? [] : [main], packages);
  addPackages(root.objects("components"), packages);
  return { creationInfo: metadata === undefined ? null : infoOf(metadata), packages };
}

/** Adds components and, depth first, those inside them; the reader of JSON bounds the depth. */
function addPackages(components: readonly Members[], packages: Package[]): void {
  for (const component of components) {
    const name = component.text("name") ?? "";
    const group = component.text("group") ?? "";
    const version = component.text("version") ?? "";
    const licenses = component.objects("licenses").flatMap(licensesOf);
    packages.push({ name, version, licenses, declared: [] });
    if (group !== "") { // the same package by its other name
      packages.push({ name: `${group}/${name}`, version, licenses: [], declared: [] });
    }
    addPackages(component.objects("components"), packages);
  }
}

function licensesOf(choice: Members): string[] {
  const license = choice.object("license");
  return [choice.text("expression"), license?.text("id"), license?.text("name")]
    .filter((text) => text !== undefined);
}

/** Tools are a list of objects, or since 1.5 an object with components and services. */
function infoOf(metadata: Members): CreationInfo {
  const tools = metadata.isList("tools")
    ? metadata.objects("tools")
    : metadata.object("tools")?.objects("components") ?? [];
  const creators = tools.map((tool) => {
    const parts = [tool.text("name"), tool.text("version")];
    return `Tool: ${parts.filter((part) => part !== undefined).join("-")}`;
  });
  return creationInfo({ creators, created: metadata.text("timestamp") });
}

function refusal(message: string): VerificationFailure {
  return new VerificationFailure({ reason: "sbom.parse", message });
}
