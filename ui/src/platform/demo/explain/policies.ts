/** The double's explanations by roles, conditions and deny policies. */

import type { InstanceRef } from "../../../contract/InstanceRef";
import { DENIED, expression, level, ME, request, ROLE, rungs, type Story, story } from "./parts";

const held = (title: string, condition: ReturnType<typeof expression> | null, place = "projects/acme-prod") => ({
  role: ROLE,
  place,
  member: null,
  title,
  condition,
});

export const policies = {
  "no-grant": (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "noGrant",
      title: `You have no role that opens tunnels to ${vm.name}`,
      headline: `${ME} has no role that allows IAP tunnels to ${vm.name} (permission iap.tunnelInstances.accessViaIAP).`,
      advice: "Send the request below to an administrator of the project.",
      basis: "from the policies",
      remarks: ["The role Editor does not hold this permission; an IAM policy on the Compute Engine instance does not matter for tunnels."],
      rungs: rungs(
        { id: "permission", label: "Permission check", state: "read", detail: "you do not hold it" },
        { id: "project", label: "Policy of the project", state: "read", detail: "12 bindings, none names you" },
        { id: "organization", label: "Organization policy", state: "read", detail: "no tunnel role" },
        { id: "level", label: "Access levels", state: "skipped", detail: "no condition names one" },
      ),
      request: request(vm, port, "No binding grants the permission.", "role"),
      links: [{ label: "Identity-Aware Proxy", url: "https://console.cloud.google.com/security/iap?tab=ssh-tcp-resources&project=acme-prod" }],
      server: DENIED,
    }),

  condition: (vm: InstanceRef, port: number): Story => {
    const source = 'destination.port == 22 && request.time.getHours("Europe/Berlin") < 18';
    return story({
      verdict: "conditionNotMet",
      title: "The role's condition “ssh in working hours” is not met",
      headline: `You hold ${ROLE} on projects/acme-prod, but its condition "ssh in working hours" is not met: port must be 22 (you asked for ${port}).`,
      advice: "Use port 22, or ask for a binding that allows this port.",
      basis: "from the policies",
      binding: held(
        "ssh in working hours",
        expression(source, ["destination.port == 22", "notMet"], ['request.time.getHours("Europe/Berlin") < 18', "met"]),
      ),
      request: request(vm, port, "The condition is not met.", "role"),
      rungs: rungs({ id: "level", label: "Access levels", state: "skipped", detail: "no condition names one" }),
      server: DENIED,
    });
  },

  never: (vm: InstanceRef, port: number): Story => {
    const source = '"accessPolicies/42/accesslevels/corp_net" in request.auth.access_levels';
    return story({
      verdict: "conditionNeverTrue",
      title: "The role's condition can never be true",
      headline: `You hold ${ROLE} on projects/acme-prod, but its condition can never be true: level name "accessPolicies/42/accesslevels/corp_net" is malformed and can never match. Only an administrator can fix this.`,
      advice: "Send the request below: the administrator must write accessLevels with a capital L.",
      basis: "from the policies",
      levels: [level("corp_net", "corp_net", { statusText: "Its name in the condition is malformed", note: "A name that is not of the form accessPolicies/N/accessLevels/NAME never matches." })],
      binding: held("", expression(source, [source, "notMet"])),
      request: request(vm, port, "The level's name is malformed."),
      server: DENIED,
    });
  },

  group: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "groupMembership",
      title: "It hangs on the group vm-ops@acme.example",
      headline: `${ROLE} on folders/70 is granted to vm-ops@acme.example. Your membership could not be checked; since IAP refused, you are probably not a member.`,
      advice: "Ask an owner of the group to add you, then try again in a few minutes.",
      certainty: "likely",
      basis: "from the fact that IAP refused",
      binding: { ...held("", null, "folders/70"), member: "group:vm-ops@acme.example" },
      rungs: rungs({ id: "group", label: "Membership of vm-ops@acme.example", state: "failed", detail: "no answer in 4 s" }),
      request: request(vm, port, `Please add ${ME} to vm-ops@acme.example, or confirm that it is a member.`),
      links: [{ label: "Groups", url: "https://groups.google.com/my-groups" }],
      server: DENIED,
    }),

  role: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "roleUnreadable",
      title: "Your role cannot be read",
      headline: "You are listed for organizations/900/roles/vmOperatorsWithBreakGlass on projects/acme-prod, but that role cannot be read. Since IAP refused, it probably does not contain iap.tunnelInstances.accessViaIAP.",
      advice: "Ask an administrator to add the permission to the role, or to grant IAP-secured Tunnel User.",
      certainty: "likely",
      basis: "from the fact that IAP refused",
      binding: { ...held("", null), role: "organizations/900/roles/vmOperatorsWithBreakGlass" },
      rungs: rungs({ id: "role", label: "Contents of the role vmOperatorsWithBreakGlass", state: "denied", detail: "" }),
      request: request(vm, port, "The role cannot be read.", "role"),
      server: DENIED,
    }),

  deny: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "denyPolicy",
      title: "The deny policy “no-tunnels” blocks you",
      headline: `A deny policy (policies/cloudresourcemanager.googleapis.com%2Ffolders%2F70/denypolicies/no-tunnels) blocks ${ME} from using IAP tunnels here. Granting a role will not help.`,
      advice: "Only an administrator of the folder can except you from it.",
      basis: "from the policies",
      rungs: rungs({ id: "deny", label: "Deny policies", state: "read", detail: "no-tunnels of folders/70 applies" }),
      request: request(vm, port, "gcloud iam policies get no-tunnels --attachment-point=cloudresourcemanager.googleapis.com/folders/70 --kind=denypolicies"),
      server: DENIED,
    }),

  conflict: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "policyConflict",
      title: "The policies allow you, and IAP refused",
      headline: `The policies that can be read allow ${ME}, but IAP refused. Recent changes can take minutes to apply; otherwise a deny policy, principal access boundary or access binding that you cannot read is involved.`,
      advice: "The project's policy changed 4 minutes ago. Try again in a few minutes.",
      certainty: "possible",
      binding: held("", null),
      remarks: ["The policy of projects/acme-prod changed 4 minutes ago: changes usually apply within 2 minutes, sometimes after 7 or more."],
      request: request(vm, port, "The readable policies allow this."),
      server: DENIED,
    }),

  unreadable: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "notReadable",
      title: `IAP refused, and the policies of ${vm.name} cannot be read`,
      headline: `IAP refused the connection to ${vm.name}. You cannot read the policies that decide this; a permission check says you do hold the tunnel permission, so a condition or an access level is the likely cause. Send the request below to an administrator.`,
      certainty: "possible",
      rungs: rungs(
        ...["vm", "project", "folder"].map((id) => ({ id, label: `Policy of the ${id === "vm" ? "VM" : id}`, state: "denied" as const, detail: "" })),
        { id: "level", label: "Access levels", state: "skipped", detail: "no condition could be read" },
        { id: "deny", label: "Deny policies", state: "denied", detail: "" },
      ),
      request: request(vm, port, "No policy could be read.", "role"),
      server: DENIED,
    }),
};
