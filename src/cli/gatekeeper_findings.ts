import { X509Certificate } from "node:crypto";
import { type KubernetesObject, memberOf, textOf } from "../cloud/mod.ts";
import { MUTATE_PATH, VERIFY_PATH } from "../server/mod.ts";

/** Objects of Gatekeeper in a cluster; undefined where they could not be listed. */
export interface GatekeeperObjects {
  readonly providers: readonly KubernetesObject[] | undefined;
  readonly templates: readonly KubernetesObject[] | undefined;
  /** The constraints of a kind. */
  readonly constraints: ReadonlyMap<string, readonly KubernetesObject[]>;
  readonly assigns: readonly KubernetesObject[] | undefined;
  /** Configurations of validating and of mutating webhooks. */
  readonly webhooks: readonly KubernetesObject[] | undefined;
}

/** How long requests take at most, in milliseconds, and what time it is. */
export interface Limits {
  readonly verifyMs: number;
  readonly mutateMs: number;
  readonly now: Date;
}

/** How long before its end a certificate is spoken about. */
const SOON_MS = 30 * 24 * 3600 * 1000;
const PREFIX = "/ratify/gatekeeper/";

/** The names of Provider objects that lead to Assay, as far as their address tells. */
export function providersOfOurs(providers: readonly KubernetesObject[] = []): string[] {
  return providers.filter((one) => pathOf(one)?.startsWith(PREFIX)).map(nameOf);
}

/** The kinds of constraints whose templates ask one of these providers. */
export function kindsThatAsk(
  templates: readonly KubernetesObject[] = [],
  providers: readonly string[],
): string[] {
  return templates.filter((template) => {
    const text = JSON.stringify(memberOf(template, "spec")) ?? "";
    return providers.some((name) => text.includes(`\\"${name}\\"`));
  }).flatMap((template) => {
    const crd = memberOf(memberOf(memberOf(template, "spec"), "crd"), "spec");
    return textOf(memberOf(crd, "names"), "kind") ?? [];
  });
}

/** What of Gatekeeper's objects lets images through that were not verified, or will soon stop them all. */
export function gatekeeperFindings(objects: GatekeeperObjects, limits: Limits): string[] {
  const ours = providersOfOurs(objects.providers);
  const providers = (objects.providers ?? []).filter((one) => ours.includes(nameOf(one)));
  return [
    ...(objects.providers !== undefined && providers.length === 0
      ? [`no Provider leads to ${VERIFY_PATH}: Gatekeeper asks nobody`]
      : []),
    ...providers.flatMap((one) => providerFindings(one, limits)),
    ...constraintFindings(objects, ours),
    ...assignFindings(objects.assigns ?? [], ours),
    ...webhookFindings(objects.webhooks ?? [], providers),
  ];
}

function providerFindings(provider: KubernetesObject, limits: Limits): string[] {
  const label = `Provider/${nameOf(provider)}`;
  const spec = memberOf(provider, "spec");
  const path = pathOf(provider);
  const seconds = memberOf(spec, "timeout");
  const limit = path === MUTATE_PATH ? limits.mutateMs : limits.verifyMs;
  const found: string[] = [];
  if (path !== VERIFY_PATH && path !== MUTATE_PATH) {
    found.push(`${label} asks for ${path}, where nothing answers: ${VERIFY_PATH} does`);
  }
  if (typeof seconds === "number" && seconds * 1000 <= limit) {
    found.push(
      `${label} waits ${seconds} s, and an answer takes up to ${limit / 1000} s: raise its timeout`,
    );
  }
  const pem = decode(textOf(spec, "caBundle") ?? "");
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) found.push(`${label} has no certificate in caBundle: no call succeeds`);
  for (const block of blocks) {
    const until = validUntil(block);
    if (until === undefined) {
      found.push(`${label} has a certificate in caBundle that cannot be read`);
    } else if (until.getTime() < limits.now.getTime() + SOON_MS) {
      const word = until < limits.now ? "expired" : "expires";
      found.push(`${label}: a certificate in caBundle ${word} on ${until.toISOString()}`);
    }
  }
  return found;
}

function constraintFindings(
  { templates, constraints, providers }: GatekeeperObjects,
  ours: readonly string[],
): string[] {
  if (templates === undefined || providers === undefined || ours.length === 0) return [];
  const kinds = kindsThatAsk(templates, ours);
  if (kinds.length === 0) return [`no ConstraintTemplate asks ${ours.join(" or ")}`];
  return kinds.flatMap((kind) => {
    const all = constraints.get(kind);
    if (all === undefined) return [];
    if (all.length === 0) return [`there is no ${kind}: its template alone denies nothing`];
    return all.flatMap((one) => {
      const action = textOf(memberOf(one, "spec"), "enforcementAction") ?? "deny";
      return action === "deny"
        ? []
        : [`${kind}/${nameOf(one)} has enforcementAction ${action}: it does not deny`];
    });
  });
}

function assignFindings(assigns: readonly KubernetesObject[], ours: readonly string[]): string[] {
  return assigns.flatMap((assign) => {
    const parameters = memberOf(memberOf(assign, "spec"), "parameters");
    const external = memberOf(memberOf(parameters, "assign"), "externalData");
    const policy = textOf(external, "failurePolicy") ?? "Fail";
    if (!ours.includes(textOf(external, "provider") ?? "") || policy === "Fail") return [];
    return [`Assign/${nameOf(assign)} has failurePolicy ${policy}: tags may stay tags`];
  });
}

function webhookFindings(
  configurations: readonly KubernetesObject[],
  providers: readonly KubernetesObject[],
): string[] {
  const waits = providers.map((one) => memberOf(memberOf(one, "spec"), "timeout"))
    .filter((one) => typeof one === "number");
  const longest = Math.max(0, ...waits);
  return configurations.filter((one) => nameOf(one).includes("gatekeeper")).flatMap((one) => {
    const webhooks = memberOf(one, "webhooks");
    return (Array.isArray(webhooks) ? webhooks : []).flatMap((webhook) => {
      // What sets labels of namespaces asks no provider.
      const name = textOf(webhook, "name") ?? "";
      if (name.startsWith("check-ignore-label")) return [];
      const label = `webhook ${name} of ${nameOf(one)}`;
      const found: string[] = [];
      if (textOf(webhook, "failurePolicy") !== "Fail") {
        found.push(`${label} has failurePolicy Ignore: what is not answered in time is admitted`);
      }
      const seconds = memberOf(webhook, "timeoutSeconds") ?? 10;
      if (typeof seconds === "number" && seconds < longest) {
        found.push(`${label} waits ${seconds} s, less than the ${longest} s of a Provider`);
      }
      return found;
    });
  });
}

function nameOf(object: KubernetesObject): string {
  return textOf(memberOf(object, "metadata"), "name") ?? "";
}

function pathOf(provider: KubernetesObject): string | undefined {
  return URL.parse(textOf(memberOf(provider, "spec"), "url") ?? "")?.pathname;
}

function decode(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return "";
  }
}

function validUntil(pem: string): Date | undefined {
  try {
    return new Date(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}
