/** The topics of the help: what something means, what to check, and what to ask of whom. */

import type { FailureCode } from "../../contract/FailureCode";

export interface Topic {
  title: string;
  /** What it means, a paragraph each. */
  means: readonly string[];
  /** What the person can check or do, the likeliest first. */
  check: readonly string[];
  /** What to ask, and of whom; empty where nobody else can help. */
  ask: string;
}

export const TOPICS = {
  signIn: {
    title: "Google wants you to sign in again",
    means: [
      "Your sign-in has ended: it was revoked, your password changed, or your organisation ends sessions after some hours.",
      "Tunnels and sessions that run are kept. They go on by themselves once you have signed in.",
    ],
    check: [
      "Press “Sign in” and finish in the browser, with the same account as before.",
      "If the browser says that the app is blocked, your organisation has to allow it first.",
      "If you sign in with gcloud’s credentials, renew them with: gcloud auth application-default login",
    ],
    ask: "Ask your Google Workspace administrator to trust the app where its sign-in is blocked.",
  },
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
  key: {
    title: "The VM does not take your key",
    means: ["The tunnel is up, but the SSH server refuses the sign-in. Your key has not arrived there, or the VM does not let this user in."],
    check: [
      "Try again after half a minute: a key in the metadata takes a moment to arrive.",
      "With OS Login the role Compute OS Login is checked on the VM itself, at each sign-in.",
      "A project or VM can block keys from metadata (block-project-ssh-keys), or have no guest agent that puts them in place.",
    ],
    ask: "Ask whoever administers the project for the role Compute OS Login, and whoever runs the VM whether its guest agent runs.",
  },
  update: {
    title: "An update was not taken",
    means: [
      "What was fetched does not carry its publisher’s signature for that version, or is not what the list of versions names. Nothing of it was installed: this version goes on as it is.",
    ],
    check: [
      "Try again later: the publisher may just be putting a release together.",
      "A proxy that changes what is downloaded spoils the signature. Try another network.",
      "Otherwise get the package from where you got this one.",
    ],
    ask: "If it stays, tell the publisher which version was offered.",
  },
  hostKey: {
    title: "Is it really this VM?",
    means: [
      "Each SSH server has a host key of its own. Adit keeps it with the VM’s id, and stops where another one is shown than before.",
      "Usually the VM’s system was set up anew. It could also be somebody in between who pretends to be it: nothing of yours has been sent.",
    ],
    check: [
      "Ask yourself whether the VM’s disk was replaced or its keys were made anew. If nobody knows of it, do not go on.",
      "Compare the fingerprint with what the VM itself says, on its serial console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    ],
    ask: "Ask whoever runs the VM for the fingerprint of its host key, by another way than this connection.",
  },
  certificate: {
    title: "The certificate of a remote desktop",
    means: [
      "Windows makes itself a certificate that no authority has signed. Adit shows it the first time, keeps it with the VM, and stops where another one is shown later. No password goes out before you have decided.",
      "With Network Level Authentication the password itself is never sent. Without it, the server gets the password over TLS: then a certificate that you trust is all that protects it.",
    ],
    check: [
      "Windows renews its certificate about every half year: the name in it stays the same.",
      "Compare the fingerprint with the one on the VM, in its Remote Desktop certificate store.",
    ],
    ask: "Ask whoever runs the VM whether its certificate was renewed.",
  },
  password: {
    title: "The remote desktop does not let you in",
    means: ["The name or the password is not right, the account is locked or has expired, or it may not sign in remotely."],
    check: [
      "Write the name as Windows has it: DOMAIN\\name for an account of a domain, .\\name for one of the VM.",
      "“Set Windows password” has the VM’s agent make or reset a local account. It needs the permission compute.instances.setMetadata.",
      "Where only members of Remote Desktop Users may sign in, the account has to be one.",
    ],
    ask: "Ask whoever runs the VM or the domain to unlock the account, or to add it to Remote Desktop Users.",
  },
  keychain: {
    title: "The keychain",
    means: [
      "Sign-ins and saved passwords are kept in the system’s keychain, and nowhere else. While it is locked or absent, they are kept in memory and end when Adit quits.",
    ],
    check: [
      "Unlock the keychain, then start Adit again.",
      "On Linux a Secret Service has to run, such as GNOME Keyring or KWallet.",
    ],
    ask: "",
  },
  port: {
    title: "A port of this computer is taken",
    means: ["A forward listens on a port of this computer. Another program has the one that was chosen, or the system keeps it back."],
    check: [
      "Leave the port empty: Adit chooses a free one, the same each time.",
      "Find the program: “ss -ltnp” on Linux, “lsof -i :PORT” on macOS, “netstat -ano” on Windows.",
      "Ports below 1024 are often the system’s.",
    ],
    ask: "",
  },
  file: {
    title: "A file of Adit’s could not be used",
    means: [
      "Settings, profiles and tunnels are kept in files. One that cannot be understood is set aside, beside its place, and Adit begins with the usual values. One of a later version is left alone.",
    ],
    check: [
      "The failure names the file. Look at it, mend it, and give it its old name back while Adit is not running.",
      "Is the disk full, or the folder not yours to write in?",
    ],
    ask: "",
  },
  input: {
    title: "Something that was given cannot be used",
    means: ["What was typed, or stands in a file or a link, is no value that fits. Nothing was changed."],
    check: ["The failure says which values there are.", "An organisation’s policy can fix a setting: then nothing else is taken."],
    ask: "",
  },
  unsupported: {
    title: "This way of signing in is not supported",
    means: ["The VM asks for something that Adit cannot do, such as a security key for OS Login, or SSH on a Windows VM without a server for it."],
    check: ["A Windows VM has a desktop: connect by Remote Desktop.", "A forward of port 22 lets another program sign in over Adit’s tunnel."],
    ask: "Ask whoever administers the project which ways to sign in the VM allows.",
  },
  broken: {
    title: "The other side, or Adit, made a mistake",
    means: ["Something came that does not fit the protocol, or Adit met a fault of its own. The rest goes on: only this tab or tunnel has ended."],
    check: ["Try again.", "If it happens once more, restart Adit."],
    ask: "Report it to the project, with what was said and what you did before.",
  },
  profiles: {
    title: "Profiles",
    means: [
      "A profile keeps a connection: the VM, what is opened there, and settings of its own. Save one from a tab’s, a tunnel’s or a VM’s menu.",
      "One that leads to a search means the one VM that has all its words when it starts, or is called so. With none or several it does not start, and says so.",
      "Passwords are never in a profile, nor in an export: they stay in the keychain. One that is saved from a profile’s tab is that profile’s own: removing the profile deletes it, and a copy has none.",
      "A program that an imported profile would start is shown, and starts only once you have edited and saved that profile.",
    ],
    check: [
      "Enter starts what is chosen, up to twenty at once, or goes to what it has started.",
      "To move a row by the keyboard, go to its handle with the right arrow, press Enter, then Tab to the place, and Enter again.",
      "“Start at login” needs Adit to start at login: the settings switch that.",
    ],
    ask: "",
  },
  audience: {
    title: "Who may use a forward",
    means: [
      "A port of this computer can be used by whatever runs on it. Adit asks the system who connects, and lets in only programs of your user, or fewer if you choose so.",
      "For HTTP it also keeps out what pages of other sites send to it, unless you allow that.",
    ],
    check: ["The details of a tunnel say who uses it and who was not let in.", "“Everyone on this computer” is for services that run as another user. Close it when you are done."],
    ask: "",
  },
  sharing: {
    title: "What a remote desktop gets of this computer",
    means: [
      "Text of the clipboard, both ways, and its sound is played here: the settings turn either off. Of the clipboard it gets what was there while its tab had the keyboard. Pictures and files of the clipboard, folders and printers are shared only where the settings say so.",
      "Of shared folders its programs can read everything. They can change and delete it too where the setting “In shared folders” says so; by itself it does not.",
      "On shared printers its programs can print, as much as they like. A document from there is a program for your printing system, as any PostScript is: share printers with VMs that you trust.",
      "Whoever runs the VM can read what is shared. Share text rather than everything, and for single VMs or profiles rather than everywhere.",
    ],
    check: ["The settings of a VM, a project or a profile say what is shared, and where that comes from."],
    ask: "",
  },
  address: {
    title: "Your public address",
    means: [
      "Access levels often let in certain networks. To say whether yours is among them, Adit has to know the address that Google sees. It asks nobody unless you choose one.",
      "Asking a service tells that service your address and when you asked. Asking by DNS is not encrypted. Neither tells your account or the VM.",
    ],
    check: ["Where you may read IAP’s audit log, that has the address: nothing more needs to be sent."],
    ask: "Ask your organisation whether it runs an address service.",
  },
} as const satisfies Record<string, Topic>;

export type TopicId = keyof typeof TOPICS;

/** The topics under their headings. */
export const CHAPTERS: readonly { id: "connecting" | "signingIn" | "here" | "more"; topics: readonly TopicId[] }[] = [
  { id: "connecting", topics: ["access", "permission", "api", "notFound", "vm", "silent", "network", "busy", "lost"] },
  { id: "signingIn", topics: ["signIn", "key", "hostKey", "certificate", "password", "unsupported"] },
  { id: "here", topics: ["keychain", "port", "file", "input", "update", "broken"] },
  { id: "more", topics: ["profiles", "audience", "sharing", "address"] },
];

const BY_CODE: Record<FailureCode, TopicId | null> = {
  // Whoever cancelled knows why.
  cancelled: null,
  signInNeeded: "signIn",
  notAuthorized: "access",
  permissionDenied: "permission",
  apiDisabled: "api",
  notFound: "notFound",
  vmStopped: "vm",
  vmBusy: "vm",
  backendUnreachable: "silent",
  relayUnreachable: "network",
  throttled: "busy",
  connectionLost: "lost",
  protocolViolation: "broken",
  keyRefused: "key",
  hostKeyChanged: "hostKey",
  hostKeyRejected: "hostKey",
  certificateUnknown: "certificate",
  certificateChanged: "certificate",
  passwordRefused: "password",
  notSupported: "unsupported",
  network: "network",
  server: "busy",
  keychain: "keychain",
  invalidInput: "input",
  portTaken: "port",
  file: "file",
  internal: "broken",
  updateRefused: "update",
};

/** The topic of a failure, where there is more to say than it says itself. */
export function topicOf(code: FailureCode): TopicId | null {
  return BY_CODE[code];
}

const BY_SETTING: Readonly<Record<string, TopicId>> = {
  "rdp.security": "certificate",
  "rdp.clipboard": "sharing",
  "rdp.folders": "sharing",
  "rdp.foldersAccess": "sharing",
  "rdp.printers": "sharing",
  "access.publicAddress": "address",
};

/** The topic of a setting that one sentence does not say all about. */
export function topicOfSetting(key: string): TopicId | null {
  return BY_SETTING[key] ?? null;
}
