/** The double's explanations that are no matter of roles. */

import type { InstanceRef } from "../../../contract/InstanceRef";
import type { Rung } from "../../../contract/Rung";
import { ME, request, ROLE, type Story, story } from "./parts";

const only = (label: string, detail = ""): Rung[] => [{ id: "answer", label, state: "read", detail }];

export const others = {
  binding: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "accessBinding",
      title: "Your organization's access rules refused the sign-in",
      headline: "Your organization's context-aware access rules refused to issue a token to this app. This happens before any VM or role is considered.",
      advice: "Connect to the company network or sync your device, then sign in again.",
      basis: "from Google's answer",
      rungs: only("Google answered access_denied, Account restricted"),
      request: request(vm, port, "An access binding refused a token."),
      actions: ["signIn", "tryAgain"],
      server: { code: "access_denied", text: "Account restricted" },
    }),

  perimeter: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "vpcServiceControls",
      title: "A VPC Service Controls perimeter refused the call",
      headline: "A VPC Service Controls perimeter refused the call. Give your administrator this ID: Zx9fQ2mT-1Kc0vW8",
      advice: "The administrator sees with the ID which rule refused it.",
      basis: "from Google's answer",
      rungs: only("Compute Engine answered 403", "policy violation of a perimeter"),
      request: request(vm, port, "VPC Service Controls unique ID: Zx9fQ2mT-1Kc0vW8"),
      links: [{ label: "VPC Service Controls troubleshooter", url: "https://console.cloud.google.com/security/service-perimeter/troubleshoot;uniqueId=Zx9fQ2mT-1Kc0vW8" }],
      server: { code: "403", text: "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: Zx9fQ2mT-1Kc0vW8" },
    }),

  reauth: (): Story =>
    story({
      verdict: "reauth",
      title: "Your Google Cloud session has ended",
      headline: "Your Google Cloud session has ended. Sign in again.",
      advice: "Your organization ends sessions after a while. This tab goes on by itself.",
      basis: "from Google's answer",
      rungs: only("Google answered invalid_grant, invalid_rapt"),
      actions: ["signIn"],
      server: { code: "invalid_grant", text: "reauth related error (invalid_rapt)" },
    }),

  firewall: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "firewallBlocked",
      title: `The firewall keeps IAP from port ${port} of ${vm.name}`,
      headline: `You are allowed in, but IAP could not reach port ${port} on ${vm.name}: the rule baseline-deny-all of the hierarchical policy baseline denies it.`,
      advice: "Ask a network administrator for a rule that lets 35.235.240.0/20 through, above the one that denies.",
      basis: "from the VPC's effective firewall",
      firewall: [
        { rule: "iap-ssh", place: "Policy baseline of folders/70, priority 5", effect: "does not apply", decides: false },
        { rule: "baseline-deny-all", place: "Policy baseline of folders/70, priority 10", effect: "denies", decides: true },
        { rule: "allow-iap-for-tagged-vms-with-a-rather-long-name", place: "VPC rule, priority 1000", effect: "cannot be judged from here", decides: false },
        { rule: "implied deny", place: "VPC default, priority 65535", effect: "denies", decides: false },
      ],
      rungs: [
        ...only("IAP answered 4003, failed to connect to backend"),
        { id: "vm", label: "VM", state: "read", detail: "running" },
        { id: "firewall", label: "Effective firewall of nic0", state: "read", detail: "14 rules, 1 denies" },
      ],
      request: {
        ...request(vm, port, "Firewall: baseline-deny-all denies 35.235.240.0/20."),
        gcloud: `gcloud compute firewall-rules create allow-iap-${port} --network=default --direction=INGRESS --allow=tcp:${port} --source-ranges=35.235.240.0/20`,
      },
      server: { code: "4003", text: "failed to connect to backend" },
    }),

  listens: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "backendUnreachable",
      title: `Nothing listens on port ${port} of ${vm.name}`,
      headline: `You are allowed in, but IAP could not reach port ${port} on ${vm.name}: allowed by the firewall, so nothing listens on port ${port}.`,
      advice: "Start the program there. A fresh VM needs a minute until its SSH server answers.",
      certainty: "likely",
      basis: "from IAP's answer and the firewall",
      firewall: [{ rule: "allow-iap", place: "VPC rule, priority 1000", effect: "allows", decides: true }],
      rungs: [
        ...only("IAP answered 4003, failed to connect to backend"),
        { id: "vm", label: "VM", state: "read", detail: "running" },
        { id: "firewall", label: "Effective firewall of nic0", state: "read", detail: "6 rules, 1 allows" },
      ],
      server: { code: "4003", text: "failed to connect to backend" },
    }),

  stopped: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "vmNotRunning",
      title: `${vm.name} does not run`,
      headline: `You are allowed in, but IAP could not reach port ${port} on ${vm.name}: it is stopped.`,
      advice: "Start it and connect? It takes about half a minute.",
      basis: "from IAP's answer and the VM's state",
      rungs: [...only("IAP answered 4003, failed to connect to backend"), { id: "vm", label: "VM", state: "read", detail: "stopped" }],
      actions: ["startAndConnect", "tryAgain"],
      server: { code: "4003", text: "failed to connect to backend" },
    }),

  handshake: (): Story =>
    story({
      verdict: "handshakeBlocked",
      title: "Something between here and IAP refused the connection",
      headline: "The connection was refused before IAP checked any role. A proxy that blocks WebSockets is the usual cause.",
      advice: "Try from another network, or ask whoever runs the proxy to let tunnel.cloudproxy.app through.",
      certainty: "likely",
      rungs: only("The handshake ended with HTTP 403"),
      facts: [{ label: "Proxy", value: "proxy.corp.example:3128, from the environment" }],
      server: { code: "403", text: "Forbidden by policy: websocket" },
    }),

  "api-off": (): Story =>
    story({
      verdict: "apiDisabled",
      title: "The Compute Engine API is off",
      headline: "compute.googleapis.com is not enabled in projects/111.",
      advice: "Who may enable APIs in the project can switch it on.",
      basis: "from Google's answer",
      rungs: only("Compute Engine answered 403", "SERVICE_DISABLED"),
      links: [{ label: "Enable the API", url: "https://console.developers.google.com/apis/api/compute.googleapis.com/overview?project=111" }],
      server: { code: "403", text: "Compute Engine API has not been used in project 111 before or it is disabled." },
    }),

  unknown: (): Story =>
    story({
      verdict: "unknownError",
      title: "Google answered with an error that this app does not know",
      headline: "Google answered with an error that this app does not know: close code 4099.",
      advice: "Try again. If it happens once more, the text below helps whoever looks into it.",
      certainty: "possible",
      rungs: only("IAP closed with 4099"),
      server: { code: "4099", text: "" },
    }),

  allowed: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "allowed",
      title: `Nothing keeps you from port ${port} of ${vm.name}`,
      headline: `The policies that can be read allow ${ME}: ${ROLE} on projects/acme-prod.`,
      advice: "Whether something listens there shows when you connect.",
      certainty: "likely",
      basis: "from the policies",
      binding: { role: ROLE, place: "projects/acme-prod", member: null, title: "", condition: null },
      rungs: [
        { id: "vm", label: "Policy of the VM", state: "read", detail: "no bindings" },
        { id: "project", label: "Policy of the project", state: "read", detail: "3 bindings, 1 names you" },
        { id: "organization", label: "Organization policy", state: "denied", detail: "" },
        { id: "deny", label: "Deny policies", state: "read", detail: "none applies" },
      ],
      actions: [],
    }),

  undecided: (vm: InstanceRef, port: number): Story =>
    story({
      verdict: "undecided",
      title: `It cannot be told whether you may reach port ${port} of ${vm.name}`,
      headline: "No policy that decides this can be read.",
      advice: "Connect to find out: a refusal tells more than the policies do.",
      certainty: "possible",
      rungs: [
        { id: "vm", label: "Policy of the VM", state: "denied", detail: "" },
        { id: "project", label: "Policy of the project", state: "denied", detail: "" },
        { id: "permission", label: "Permission check", state: "failed", detail: "" },
      ],
      actions: [],
    }),
};
