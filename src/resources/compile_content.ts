import {
  createLicenseVerifier,
  createSbomVerifier,
  createSchemaVerifier,
  createVulnerabilityVerifier,
  type Verifier,
} from "../verifiers/mod.ts";
import type { CompiledSchema } from "../verifiers/mod.ts";
import type { Candidate, ProblemList } from "./candidate.ts";
import type { VerifierEnvironment } from "./compile_notation.ts";
import { compileJsonSchema } from "./json_schema_file.ts";
import { milliseconds, splitList } from "./schema/common.ts";
import { contentParameters, type ContentType } from "./schema/content.ts";
import { validate } from "./validate.ts";

/** What the compilation of one verifier uses. */
interface Context {
  readonly candidate: Candidate;
  readonly artifactTypes: readonly string[];
  readonly environment: VerifierEnvironment;
  readonly problems: ProblemList;
}

const COMPILERS: Readonly<
  Record<ContentType, (context: Context) => Promise<Verifier | undefined> | Verifier | undefined>
> = {
  sbom: compileSbom,
  vulnerabilityreport: compileVulnerability,
  schemavalidator: compileSchemas,
  licensechecker: compileLicense,
};

/**
 * Compiles a verifier that looks into attached documents; undefined, with problems, when its
 * parameters are wrong.
 */
export async function compileContent(
  candidate: Candidate,
  type: ContentType,
  artifactTypes: readonly string[],
  environment: VerifierEnvironment,
  problems: ProblemList,
): Promise<Verifier | undefined> {
  return await COMPILERS[type]({ candidate, artifactTypes, environment, problems });
}

function compileSbom(context: Context): Verifier | undefined {
  const parameters = read(context, "sbom");
  if (parameters === undefined) return undefined;
  return createSbomVerifier({
    ...common(context, parameters),
    disallowedLicenses: parameters.disallowedLicenses ?? [],
    disallowedPackages: parameters.disallowedPackages ?? [],
    licenseMatching: parameters.licenseMatching,
  });
}

async function compileVulnerability(context: Context): Promise<Verifier | undefined> {
  const { candidate, environment, problems } = context;
  const at = candidate.parametersPath;
  const parameters = read(context, "vulnerabilityreport");
  if (parameters === undefined) return undefined;
  const { maximumAge, passthrough, requireSignedCreated, schemaURL } = parameters;
  const shared = common(context, parameters);
  if (passthrough) {
    const text =
      "accepts every report unread: whoever reads the answer must judge the report in it";
    problems.of(candidate, [...at, "passthrough"], text, { severity: "warning" });
  }
  if (requireSignedCreated && shared.nestedReferences.length === 0) {
    const text =
      "needs nestedReferences with the artifact type of the signature that reports must have";
    problems.of(candidate, [...at, "requireSignedCreated"], text);
  }
  const schema = schemaURL === undefined
    ? undefined
    : await compileJsonSchema(candidate, [...at, "schemaURL"], schemaURL, environment, problems);
  return createVulnerabilityVerifier({
    ...shared,
    maximumAge: maximumAge === undefined ? undefined : milliseconds(maximumAge),
    disallowedSeverities: parameters.disallowedSeverities ?? [],
    denylistCVEs: parameters.denylistCVEs ?? [],
    schema,
    createdAnnotationName: parameters.createdAnnotationName ?? "org.opencontainers.image.created",
    passthrough: passthrough ?? false,
    requireSignedCreated,
  });
}

async function compileSchemas(context: Context): Promise<Verifier | undefined> {
  const { candidate, environment, problems } = context;
  const parameters = read(context, "schemavalidator");
  if (parameters === undefined) return undefined;
  const schemas = new Map<string, CompiledSchema>();
  for (const [mediaType, value] of Object.entries(parameters.schemas)) {
    const at = [...candidate.parametersPath, "schemas", mediaType];
    const schema = await compileJsonSchema(candidate, at, value, environment, problems);
    if (schema !== undefined) schemas.set(mediaType, schema);
  }
  return createSchemaVerifier({ ...common(context, parameters), schemas });
}

function compileLicense(context: Context): Verifier | undefined {
  const parameters = read(context, "licensechecker");
  if (parameters === undefined) return undefined;
  const { allowedLicenses } = parameters;
  return createLicenseVerifier({ ...common(context, parameters), allowedLicenses });
}

type Parameters<T extends ContentType> = ReturnType<(typeof contentParameters)[T]["parse"]>;

function read<T extends ContentType>(
  { candidate, problems }: Context,
  type: T,
): Parameters<T> | undefined {
  const parameters = validate(contentParameters[type], candidate.parameters ?? {});
  if (parameters.ok) return parameters.value as Parameters<T>;
  problems.issues(candidate, candidate.parametersPath, parameters.issues);
  return undefined;
}

function common(
  { candidate, artifactTypes }: Context,
  { nestedReferences }: { readonly nestedReferences?: string | undefined },
): { name: string; artifactTypes: readonly string[]; nestedReferences: readonly string[] } {
  return {
    name: candidate.name,
    artifactTypes,
    nestedReferences: splitList(nestedReferences ?? ""),
  };
}
