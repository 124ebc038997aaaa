import type * as z from "zod";
import type { ResourceClass } from "../candidate.ts";
import { awsKmsParameters } from "./aws_kms.ts";
import { alibabaKmsParameters, azureKeyVaultParameters, gcpKmsParameters } from "./cloud_keys.ts";
import { hashicorpVaultParameters } from "./hashicorp_vault.ts";
import { attestationParameters } from "./attestation.ts";
import { contentParameters } from "./content.ts";
import { cosignParameters } from "./cosign.ts";
import {
  certificateStoreSpec,
  fileParameters,
  inlineParameters,
  providerSpec,
  tufParameters,
} from "./key_management_provider.ts";
import { notationParameters } from "./notation.ts";
import {
  celPolicyParameters,
  configPolicyParameters,
  policySpec,
  regoPolicyParameters,
  thresholdPolicyParameters,
} from "./policy.ts";
import { layoutParameters, orasParameters, storeSpec } from "./store.ts";
import { verifierSpec } from "./verifier.ts";

/** What resources of one class are made of. */
export interface ResourceSchema {
  /** The spec, beside what its type says of the parameters. */
  readonly spec: z.ZodObject;
  /** The parameters of each type. */
  readonly parameters: Readonly<Record<string, z.ZodType>>;
}

/** The schema of every class of resources, for pages and definitions that are made from them. */
export const RESOURCE_SCHEMAS: Readonly<Record<ResourceClass, ResourceSchema>> = {
  Store: {
    spec: storeSpec,
    parameters: { "oras": orasParameters, "oci-layout": layoutParameters },
  },
  Verifier: {
    spec: verifierSpec,
    parameters: {
      "notation": notationParameters,
      "cosign": cosignParameters,
      "attestation": attestationParameters,
      ...contentParameters,
    },
  },
  Policy: {
    spec: policySpec,
    parameters: {
      "config-policy": configPolicyParameters,
      "threshold-policy": thresholdPolicyParameters,
      "rego-policy": regoPolicyParameters,
      "cel-policy": celPolicyParameters,
    },
  },
  KeyManagementProvider: {
    spec: providerSpec,
    parameters: {
      "inline": inlineParameters,
      "file": fileParameters,
      "tuf": tufParameters,
      "azurekeyvault": azureKeyVaultParameters,
      "awskms": awsKmsParameters,
      "gcpkms": gcpKmsParameters,
      "alibabacloudkms": alibabaKmsParameters,
      "hashicorpvault": hashicorpVaultParameters,
    },
  },
  CertificateStore: { spec: certificateStoreSpec, parameters: {} },
};
