import { isObject, type Members } from "../members.ts";
import { type Draft, draftOf } from "./draft.ts";
import { membersOf, scopesOf } from "./executor_scopes.ts";
import { readStore } from "./executor_store.ts";
import { readVerifier } from "./executor_verifier.ts";
import { nameOf, type Work } from "./executor_work.ts";
import type { Report } from "./finding.ts";
import type { Sources } from "./read_sources.ts";

const KNOWN = ["scopes", "verifiers", "stores", "policyEnforcer", "concurrency"];

/**
 * Makes resources of executors. Those of one scope are made into one set, of which each verifier is only
 * for the images that its executor was for.
 */
export function fromExecutors(sources: Sources, report: Report): Draft[] {
  const byScope = Map.groupBy(sources.executors, ({ namespace }) => namespace);
  return [...byScope].flatMap(([namespace, executors]) => {
    const works = executors.map((executor): Work => ({
      executor,
      scopes: scopesOf(executor, executors.filter((one) => one !== executor), report),
      prefix: executors.length === 1 ? "" : `${executor.name}-`,
      report,
      drafts: [],
      lost: [],
    }));
    for (const work of works) read(work);
    for (const { lost, executor } of works) {
      for (const name of lost) {
        sources.lost.push({ scope: namespace, label: `${executor.label} ${name}` });
      }
    }
    const policy = policyOf(namespace, works, sources, report);
    return [...works.flatMap(({ drafts }) => drafts), ...policy];
  });
}

function read(work: Work): void {
  const { executor, report } = work;
  const { spec } = executor;
  for (const member of Object.keys(spec).filter((name) => !KNOWN.includes(name))) {
    const text = "is left out: no such field is known";
    report.add("dropped", executor, ["spec", member], text, "correct its name");
  }
  if (spec["concurrency"] !== undefined) {
    const text = "is left out: all verifiers run side by side, within one deadline";
    report.add("note", executor, ["spec", "concurrency"], text);
  }
  const stores = Array.isArray(spec["stores"]) ? spec["stores"] : [];
  for (const [index, store] of stores.entries()) {
    readStore(work, membersOf(store), index, stores.length);
  }
  const verifiers = Array.isArray(spec["verifiers"]) ? spec["verifiers"] : [];
  for (const [index, verifier] of verifiers.entries()) {
    readVerifier(work, membersOf(verifier), ["spec", "verifiers", index]);
  }
}

/** One policy for all executors of a scope: the rules of one of them must hold. */
function policyOf(
  namespace: string,
  works: readonly Work[],
  sources: Sources,
  report: Report,
): Draft[] {
  const groups = works.flatMap((work) => {
    const { executor } = work;
    const at = ["spec", "policyEnforcer"];
    const enforcer = membersOf(executor.spec["policyEnforcer"]);
    const policy = membersOf(membersOf(enforcer["parameters"])["policy"]);
    if (enforcer["type"] !== "threshold-policy" || !Array.isArray(policy["rules"])) {
      report.add(
        "decision",
        executor,
        at,
        executor.spec["policyEnforcer"] === undefined
          ? "is missing: nothing was decided there, and everything is denied here"
          : "is left out, and everything is denied: it is no threshold-policy with rules",
        "write a Policy",
      );
      sources.lost.push({ scope: namespace, label: `${executor.label} policyEnforcer` });
      return [];
    }
    return [{ ...renamed(policy, work), source: executor.source }];
  });
  const [first] = groups;
  if (first === undefined) return [];
  const rules = groups.map(({ source: _, ...group }) => group);
  const policy = rules.length === 1 ? rules[0] : { threshold: 1, rules };
  const spec = { type: "threshold-policy", parameters: { policy } };
  return [draftOf("Policy", namespace, "ratify-policy", spec, first.source)];
}

/** Rules with the names that verifiers have here; a threshold of 0 is none. */
function renamed(rule: Members, work: Work): Members {
  const { verifierName, threshold, rules, ...others } = rule;
  return {
    ...others,
    ...(verifierName === undefined || verifierName === ""
      ? {}
      : { verifierName: nameOf(work, verifierName) }),
    ...(threshold === undefined || threshold === 0 ? {} : { threshold }),
    ...(Array.isArray(rules) && rules.length > 0
      ? { rules: rules.map((one) => isObject(one) ? renamed(one, work) : one) }
      : {}),
  };
}
