/** The content of an Azure Policy definition that holds the constraint template of verified images. */

import { encodeBase64 } from "../src/crypto/mod.ts";

const TEMPLATE = new URL("../config/library/verified-images/template.yaml", import.meta.url);

const text = (displayName: string, description: string): Record<string, string> => ({
  displayName,
  description,
});

/** What selects objects by their labels, as Kubernetes has it. */
const LABEL_SELECTOR = {
  type: "object",
  additionalProperties: false,
  properties: {
    matchLabels: {
      type: "object",
      minProperties: 1,
      additionalProperties: { type: "string" },
    },
    matchExpressions: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["key", "operator"],
        properties: {
          key: { type: "string" },
          operator: { type: "string", enum: ["In", "NotIn", "Exists", "DoesNotExist"] },
          values: { type: "array", items: { type: "string" } },
        },
      },
    },
  },
};

/** JSON with `policyRule`, `parameters`, `mode` and names; the template goes along, so that no address is needed. */
export function azurePolicy(): string {
  const parameters = {
    effect: {
      type: "String",
      defaultValue: "Deny",
      allowedValues: ["Deny", "Audit", "Disabled"],
      metadata: {
        ...text(
          "Effect",
          "Deny refuses Pods with images that are not verified; Audit only reports them.",
        ),
        portalReview: true,
      },
    },
    excludedNamespaces: {
      type: "Array",
      defaultValue: ["kube-system", "gatekeeper-system"],
      metadata: text("Excluded namespaces", "Namespaces in which nothing is looked at."),
    },
    namespaces: {
      type: "Array",
      defaultValue: [],
      metadata: text("Namespaces", "Only these namespaces are looked at; all when empty."),
    },
    labelSelector: {
      type: "Object",
      defaultValue: {},
      metadata: text(
        "Label selector",
        "Only Pods with these labels are looked at; all when empty.",
      ),
      schema: LABEL_SELECTOR,
    },
    namespacedKeys: {
      type: "Boolean",
      defaultValue: false,
      metadata: text(
        "Namespaced keys",
        "Ask for images together with the namespace, so that namespaced resources decide.",
      ),
    },
  };
  const parameter = (name: keyof typeof parameters): string => `[parameters('${name}')]`;
  const definition = {
    properties: {
      displayName: "Pods run nothing but verified images",
      description: "Every image of a Pod must have got a positive answer from Assay.",
      policyType: "Custom",
      mode: "Microsoft.Kubernetes.Data",
      metadata: { category: "Kubernetes" },
      parameters,
      policyRule: {
        if: { field: "type", in: ["Microsoft.ContainerService/managedClusters"] },
        then: {
          effect: parameter("effect"),
          details: {
            templateInfo: {
              sourceType: "Base64Encoded",
              content: encodeBase64(Deno.readFileSync(TEMPLATE)),
            },
            apiGroups: [""],
            kinds: ["Pod"],
            excludedNamespaces: parameter("excludedNamespaces"),
            namespaces: parameter("namespaces"),
            labelSelector: parameter("labelSelector"),
            values: { namespacedKeys: parameter("namespacedKeys") },
          },
        },
      },
    },
  };
  return `${JSON.stringify(definition, null, 2)}\n`;
}
