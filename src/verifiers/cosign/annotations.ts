import { refusal } from "../sigstore/mod.ts";
import type { CheckList } from "../check_list.ts";

/**
 * Checks the annotations that a trust policy requires, if it does: each must be signed, with exactly
 * the same value.
 *
 * @throws {VerificationFailure} `cosign.annotations`.
 */
export async function checkAnnotations(
  list: CheckList,
  signed: Readonly<Record<string, unknown>>,
  required: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(required);
  if (entries.length === 0) return;
  await list.run("annotations", "enforce", () => {
    for (const [name, value] of entries) {
      if (signed[name] === value) continue; // a text, which nothing inherited is
      const found = Object.hasOwn(signed, name)
        ? `it has ${JSON.stringify(signed[name]).slice(0, 200)}`
        : "it has none of that name";
      throw refusal(
        "cosign.annotations",
        `The signature must carry the annotation ${JSON.stringify(name)} = ${
          JSON.stringify(value)
        }; ${found}`,
      );
    }
    return `The signature carries ${entries.map(([name]) => name).join(", ")}`;
  });
}
