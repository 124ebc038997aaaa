import type { AssayError } from "../errors.ts";
import type { ArtifactReport, Check, CheckOutcome, ImageReport } from "../report/mod.ts";
import { printable } from "./text.ts";

type Colour = "green" | "red" | "yellow" | "dim" | "bold";

const CODES: Readonly<Record<Colour, string>> = {
  green: "32",
  red: "31",
  yellow: "33",
  dim: "2",
  bold: "1",
};

const MARKS: Readonly<Record<CheckOutcome, readonly [string, Colour]>> = {
  passed: ["✓", "green"],
  failed: ["✗", "red"],
  logged: ["!", "yellow"],
  skipped: ["-", "dim"],
  undecided: ["?", "yellow"],
};

const VERDICTS: Readonly<Record<ImageReport["verdict"]["verdict"], readonly [string, Colour]>> = {
  allow: ["ALLOW", "green"],
  deny: ["DENY", "red"],
  undecided: ["UNDECIDED", "yellow"],
};

/**
 * The verdict on one image for a person: what was found, each check with its result, why, and what
 * to do.
 *
 * @param image the image as it was named.
 * @returns lines without line ends.
 */
export function renderText(image: string, report: ImageReport, colour: boolean): string[] {
  const paint = painter(colour);
  const [word, shade] = VERDICTS[report.verdict.verdict];
  const lines = [`${paint(word, shade)}  ${paint(printable(image), "bold")}`];
  if (report.reference !== image) lines.push(`  as      ${printable(report.reference)}`);
  if (report.digest !== undefined) lines.push(`  digest  ${report.digest}`);
  for (const artifact of report.artifacts) lines.push("", ...renderArtifact(artifact, paint));
  if (report.ignored.length > 0) {
    lines.push("", "  Also attached, and accepted by no verifier:");
    for (const { artifactType, digest } of report.ignored) {
      lines.push(`  - ${printable(artifactType)}  ${digest}`);
    }
  }
  lines.push("");
  if (report.verdict.verdict === "allow") {
    lines.push(`  ${paint("Why:", "bold")}   ${printable(report.verdict.explanation)}`);
    const logged = report.artifacts.flatMap((artifact) =>
      artifact.checks.filter((check) => check.outcome === "logged")
    );
    if (logged.length > 0) {
      lines.push(
        `  ${paint("Note:", "bold")}  ${logged.length} failed check${
          logged.length === 1 ? " is" : "s are"
        } marked "!": the trust policy only logs ${logged.length === 1 ? "it" : "them"}`,
      );
    }
  } else {
    lines.push(...renderCause(report.verdict.cause, paint));
  }
  return lines;
}

/** What came of one verification outside a policy, for a person. */
export function renderResult(
  result: Pick<ArtifactReport, "outcome" | "message" | "checks" | "failure">,
  colour: boolean,
): string[] {
  const paint = painter(colour);
  const right = result.outcome === "success";
  return [
    paint(right ? "VERIFIED" : "NOT VERIFIED", right ? "green" : "red"),
    ...renderChecks(result.checks, paint).map((check) => `  ${check}`),
    `  ${paint("Why:", "bold")}   ${printable(result.message)}`,
    ...(result.failure === undefined
      ? []
      : [`  ${paint("To do:", "bold")} ${printable(result.failure.remedy)}`]),
  ];
}

/** An error for a person: what happened, the evidence, what to do. */
export function renderError(error: AssayError): string[] {
  return [
    `assay: ${printable(error.message)} (${error.code})`,
    ...(error.detail === undefined ? [] : [`  ${printable(error.detail)}`]),
    `  ${printable(error.remedy)}`,
  ];
}

function renderArtifact(artifact: ArtifactReport, paint: Paint): string[] {
  const outcome = { success: "passed", failure: "failed", undecided: "undecided" } as const;
  const [mark, shade] = MARKS[outcome[artifact.outcome]];
  const lines = [
    `  ${paint(mark, shade)} ${printable(artifact.artifactType)}  ${artifact.referenceDigest}`,
    `    verifier ${printable(artifact.verifierName)}${
      artifact.origin === undefined ? "" : ` (${printable(artifact.origin)})`
    }`,
  ];
  for (const check of renderChecks(artifact.checks, paint)) lines.push(`      ${check}`);
  const told = artifact.checks.some((check) => check.detail === artifact.message);
  if (artifact.checks.length === 0 || (artifact.outcome !== "success" && !told)) {
    lines.push(`      ${printable(artifact.message)}`);
  }
  for (const nested of artifact.nested ?? []) {
    lines.push(
      "",
      ...renderArtifact(nested, paint).map((line) => line === "" ? "" : `    ${line}`),
    );
  }
  return lines;
}

function renderChecks(checks: readonly Check[], paint: Paint): string[] {
  const width = Math.max(0, ...checks.map((check) => check.name.length));
  return checks.map((check) => renderCheck(check, width, paint));
}

function renderCheck(check: Check, width: number, paint: Paint): string {
  const [mark, shade] = MARKS[check.outcome];
  return `${paint(mark, shade)} ${check.name.padEnd(width)}  ${printable(check.detail)}`;
}

function renderCause(cause: AssayError, paint: Paint): string[] {
  return [
    `  ${paint("Why:", "bold")}   ${printable(cause.message)}`,
    ...(cause.detail === undefined ? [] : [`         ${printable(cause.detail)}`]),
    `  ${paint("To do:", "bold")} ${printable(cause.remedy)}`,
  ];
}

type Paint = (text: string, colour: Colour) => string;

function painter(colour: boolean): Paint {
  return (text, shade) => colour ? `\u001b[${CODES[shade]}m${text}\u001b[0m` : text;
}
