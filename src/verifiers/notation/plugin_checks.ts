import { VerificationFailure } from "../../errors.ts";
import { actionsOf } from "../../trust/mod.ts";
import { checkUnknownAttributes, readWantedPlugin } from "./extended_attributes.ts";
import { VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION } from "./headers.ts";
import type { SignedEnvelope } from "./integrity.ts";
import {
  type Capability,
  findPlugin,
  type PluginTask,
  readCapabilities,
  runPlugin,
} from "./plugin.ts";
import type { Verification } from "./verification.ts";

/** For how long a verdict holds that rests on a plugin's word. */
const PLUGIN_HOLDS_MS = 60_000;

/** Whether all critical attributes are understood, or there is a plugin to understand them. */
export async function findWantedPlugin(
  { list, context }: Verification,
  { envelope }: SignedEnvelope,
): Promise<Pick<PluginTask, "wanted" | "plugin"> | undefined> {
  let found: Pick<PluginTask, "wanted" | "plugin"> | undefined;
  await list.run("critical attributes", "enforce", async () => {
    const wanted = readWantedPlugin(envelope);
    if (wanted === undefined) return checkUnknownAttributes(envelope);
    found = { wanted, plugin: await findPlugin(wanted, context) };
    return `The verification plugin ${wanted.name} is there to understand them`;
  });
  return found;
}

/** A plugin is run for a signer that is trusted, and for nobody else. */
export async function startPlugin(
  { list, context }: Verification,
  { wanted, plugin }: Pick<PluginTask, "wanted" | "plugin">,
  trusted: boolean,
): Promise<ReadonlySet<Capability>> {
  if (!trusted) list.conclude(); // where trust is undecided, so is this
  return await list.collect("plugin", async () => {
    if (!trusted) {
      throw new VerificationFailure({
        reason: "plugin.failed",
        message: `The verification plugin ${wanted.name} is not run: the signer is not trusted`,
        remedy: "If the signer is to be trusted, add its root certificate to the trust store.",
      });
    }
    const value = await readCapabilities(wanted, plugin, context);
    return { value, detail: `${wanted.name} takes over ${[...value].join(", ")}` };
  });
}

/** Runs the plugin for what the policy does not skip; its verdicts have the actions of the policy. */
export async function verifyByPlugin(
  { list, context, statement, findings }: Verification,
  task: PluginTask,
  signed: SignedEnvelope,
): Promise<void> {
  const actions = actionsOf(statement.signatureVerification);
  const checks = [
    ["SIGNATURE_VERIFIER.TRUSTED_IDENTITY", "identity", actions.authenticity],
    ["SIGNATURE_VERIFIER.REVOCATION_CHECK", "revocation", actions.revocation],
  ] as const;
  const asked = checks.filter(([capability, , action]) =>
    task.capabilities.includes(capability) && action !== "skip"
  );
  const capabilities = asked.map(([capability]) => capability);
  const outcome = await list.collect("plugin attributes", async () => {
    const value = capabilities.length === 0
      ? undefined
      : await runPlugin({ ...task, capabilities }, signed, statement, context);
    const naming = [VERIFICATION_PLUGIN, VERIFICATION_PLUGIN_MIN_VERSION];
    const detail = checkUnknownAttributes(signed.envelope, value?.processed ?? new Set(naming));
    return { value, detail };
  });
  // What a plugin says may change at any time.
  if (outcome !== undefined) findings.noteEnd(new Date(context.now.getTime() + PLUGIN_HOLDS_MS));
  for (const [capability, name, action] of asked) {
    await list.run(name, action, () => {
      const { success = false, reason = "" } = outcome?.verdicts.get(capability) ?? {};
      const said = `${task.wanted.name} says: ${reason === "" ? "no reason given" : reason}`;
      if (success) return said;
      throw new VerificationFailure({
        reason: name === "identity" ? "authenticity.identity_mismatch" : "revocation.revoked",
        message: said,
      });
    });
  }
}
