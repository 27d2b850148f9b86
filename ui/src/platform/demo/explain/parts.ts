/** What the double's explanations are made of. */

import type { Explanation } from "../../../contract/Explanation";
import type { Expression } from "../../../contract/Expression";
import type { InstanceRef } from "../../../contract/InstanceRef";
import type { LevelCard } from "../../../contract/LevelCard";
import type { LevelRow } from "../../../contract/LevelRow";
import type { RequestText } from "../../../contract/RequestText";
import type { Rung } from "../../../contract/Rung";
import type { Truth } from "../../../contract/Truth";

/** An explanation without what the double fills in: who, where and when. */
export type Story = Omit<Explanation, "id" | "revision" | "target" | "account" | "at" | "complete">;

export const ME = "ana@acme.example";
export const DENIED = { code: "4033", text: "not authorized" };
export const ROLE = "IAP-secured Tunnel User";

/** A requirement of a level. */
export function row(label: string, wants: string, have: string | null, truth: Truth, rest: Partial<LevelRow> = {}): LevelRow {
  return { condition: 0, label, wants, have, truth, inferred: false, note: "", ...rest };
}

/** A level of the policy 42. */
export function level(short: string, title: string, rest: Partial<LevelCard>): LevelCard {
  return {
    name: `accessPolicies/42/accessLevels/${short}`,
    title,
    status: "failed",
    statusText: "Not met, as far as this computer can tell",
    combine: "",
    rows: [],
    expression: null,
    note: "",
    ...rest,
  };
}

/** An expression with the values of some of its parts, found by their text. */
export function expression(source: string, ...values: [part: string, truth: Truth][]): Expression {
  const parts = values.map(([part, truth]) => {
    const start = source.indexOf(part);
    return { start, end: start + part.length, truth };
  });
  return { source, parts };
}

/** The test of a level as an administrator writes it. */
export function levelTest(short: string): string {
  return `"accessPolicies/42/accessLevels/${short}" in request.auth.access_levels`;
}

/** The usual sources, some of them with another outcome. */
export function rungs(...changes: Rung[]): Rung[] {
  const usual: Rung[] = [
    { id: "answer", label: "IAP answered 4033, not authorized", state: "read", detail: "" },
    { id: "permission", label: "Permission check", state: "read", detail: "you hold the tunnel permission" },
    { id: "vm", label: "Policy of the VM", state: "read", detail: "no bindings" },
    { id: "project", label: "Policy of the project", state: "read", detail: "3 bindings, 1 names you" },
    { id: "folder", label: "Policy of the folder 70", state: "read", detail: "no tunnel role" },
    { id: "organization", label: "Organization policy", state: "denied", detail: "" },
    { id: "level", label: "Access level read", state: "read", detail: "" },
    { id: "audit", label: "Audit log", state: "denied", detail: "" },
    { id: "deny", label: "Deny policies", state: "read", detail: "none applies" },
    { id: "boundary", label: "Principal access boundary", state: "denied", detail: "" },
    { id: "troubleshooter", label: "Policy Troubleshooter", state: "skipped", detail: "its API is off in this project" },
  ];
  const changed = usual.map((known) => changes.find(({ id }) => id === known.id) ?? known);
  return [...changed, ...changes.filter(({ id }) => !usual.some((known) => known.id === id))];
}

/** A story with nothing but its words. */
export function story(rest: Partial<Story> & Pick<Story, "verdict" | "title" | "headline">): Story {
  return {
    advice: "",
    certainty: "proven",
    basis: "",
    levels: [],
    binding: null,
    otherWays: [],
    firewall: [],
    remarks: [],
    facts: [],
    rungs: rungs(),
    request: null,
    links: [],
    actions: ["tryAgain"],
    server: null,
    ...rest,
  };
}

/** A request with the change that it asks for. */
export function request({ project, zone, name }: InstanceRef, port: number, about: string, change: "role" | "none" = "none"): RequestText {
  return {
    text: [
      `Request for access to ${name}`,
      "",
      `Who:         ${ME}`,
      `What:        port ${port} of ${name} (number 4512345678901234567), ${zone}, ${project}`,
      "Permission:  iap.tunnelInstances.accessViaIAP",
      "When:        2026-11-23 10:04:12 UTC",
      "IAP said:    4033 not authorized",
      "",
      about,
      "",
      "Could not be read: organization policy, audit log, principal access boundary",
    ].join("\n"),
    gcloud:
      change === "none"
        ? null
        : `gcloud projects add-iam-policy-binding ${project} --member=user:${ME} --role=roles/iap.tunnelResourceAccessor --condition='expression=destination.port == ${port},title=port ${port}'`,
    terraform:
      change === "none"
        ? null
        : `resource "google_iap_tunnel_instance_iam_member" "${name.replaceAll("-", "_")}" {\n  project  = "${project}"\n  zone     = "${zone}"\n  instance = "${name}"\n  role     = "roles/iap.tunnelResourceAccessor"\n  member   = "user:${ME}"\n}\n`,
  };
}
