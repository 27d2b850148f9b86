/** What stands between this computer and a VM. */

import type { Topic } from "../topic";

export const reaching = {
  access: {
    title: "IAP does not let you in",
    means: [
      "Google’s relay has refused the connection before it reached the VM. Either your account lacks the role, or the role holds only under conditions that are not met now: from certain devices, networks, at certain times, or for certain ports.",
    ],
    check: [
      "Read the explanation in the tab, or press “Why?”: it names the rule as far as you may read the policies.",
      "Compare the account in the facts with the one that you were given access for.",
      "Join the network or the VPN that your organisation expects, and keep this computer updated and locked: access levels often ask for that.",
      "A role that was granted a moment ago takes up to some minutes to hold.",
    ],
    ask: "Ask whoever administers the project for the role IAP-secured Tunnel User (roles/iap.tunnelResourceAccessor) on the VM or the project. The explanation has a request ready to be copied.",
  },
  permission: {
    title: "Google refused for lack of a permission",
    means: [
      "You are signed in, but a Google API may not be used by your account for this. The failure names the permission. A VPC Service Controls perimeter can refuse as well, from outside its networks.",
    ],
    check: [
      "To see VMs you need compute.instances.list and compute.instances.get: the role Compute Viewer has them.",
      "To sign in with a key in a VM’s metadata you need compute.instances.setMetadata there, and iam.serviceAccounts.actAs on the VM’s service account if it has one.",
      "With OS Login you need the role Compute OS Login instead, or Compute OS Admin Login to become root.",
    ],
    ask: "Ask whoever administers the project for the permission that is named. What the server said is part of the answer: copy it.",
  },
  api: {
    title: "An API is not enabled in the project",
    means: ["Google’s APIs are switched on project by project. One that Adit needs is off in this one: usually the Compute Engine API or the IAP API."],
    check: ["Whoever may enable services does it in the console, below “APIs & Services”. It takes a few minutes to hold."],
    ask: "Ask an owner or editor of the project to enable the API that the failure names.",
  },
  notFound: {
    title: "The VM is not there",
    means: ["The relay or an API knows no such VM, zone, project or network interface. VMs that are made anew by a group get new names."],
    check: [
      "Refresh the list (F5) and look for the VM by its name.",
      "A profile that leads to a search finds a VM again after its name has changed.",
      "A forward asks for an interface: most VMs have nic0 only.",
    ],
    ask: "",
  },
  vm: {
    title: "The VM does not run",
    means: ["It is stopped, suspended, or on its way up or down. IAP only reaches VMs that run."],
    check: [
      "“Start and connect” starts it and waits. Google charges for a VM while it runs.",
      "To start it you need compute.instances.start: the role Compute Instance Admin has it.",
      "A forward with “Wait for the VM” keeps trying while it starts.",
    ],
    ask: "Ask whoever runs the VM whether it was stopped on purpose.",
  },
  silent: {
    title: "Nothing answers on the VM’s port",
    means: ["IAP let you in, but could not open the port on the VM. The program there does not listen, or a firewall stands before it."],
    check: [
      "Is the right port meant? SSH usually listens on 22, Remote Desktop on 3389.",
      "A VM that has just started needs a minute until its services answer.",
      "The VPC’s firewall has to let TCP from 35.235.240.0/20 to the port. “Why?” judges it as far as you may read it.",
      "Does the program listen on the VM’s own address? One that listens only on 127.0.0.1 there cannot be reached.",
    ],
    ask: "Ask whoever runs the network for an ingress rule from 35.235.240.0/20 to the port, and whoever runs the VM whether the service is up.",
  },
  network: {
    title: "The relay or Google cannot be reached",
    means: ["This computer does not get through to Google’s servers: there is no network, or a proxy or firewall before it stops the way."],
    check: [
      "Open a web page. Where a network wants a sign-in of its own, do that first.",
      "Adit needs HTTPS to googleapis.com and a WebSocket to tunnel.cloudproxy.app, both on port 443.",
      "A proxy that opens encrypted traffic breaks the relay’s connection.",
      "Tunnels try again by themselves when the network changes.",
    ],
    ask: "Ask whoever runs your network to let tunnel.cloudproxy.app:443 through, WebSockets included.",
  },
  busy: {
    title: "Google asks to wait, or made a mistake",
    means: ["Too many requests came in a short time, or a server of Google’s answered with something unexpected. Neither says anything about your access."],
    check: ["Wait a minute, then try again.", "If it stays, look whether Google reports a disturbance: status.cloud.google.com"],
    ask: "",
  },
  lost: {
    title: "The connection was lost",
    means: [
      "Adit resumes a connection that the relay has dropped, byte for byte. This one could not be: the relay no longer knew it, or it was away for too long.",
      "What ran on the VM inside tmux or screen is still there; a desktop’s programs go on as well.",
    ],
    check: ["Try again: that is a new connection.", "If it happens often, look at the network: a VPN or Wi-Fi that changes, a computer that sleeps."],
    ask: "",
  },
} as const satisfies Record<string, Topic>;
