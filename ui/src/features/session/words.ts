/** What a session's tab says. */

import type { Action } from "../../contract/Action";
import type { Protocol } from "../../contract/Protocol";
import type { SessionEnd } from "../../contract/SessionEnd";
import type { SessionState } from "../../contract/SessionState";
import type { Step } from "../../contract/Step";

/** The steps of a connection in the order they are shown. */
const STEPS: Record<Step, string> = {
  reconnect: "Connect again",
  readVm: "Read the VM",
  startVm: "Start the VM",
  waitForVm: "Wait for the VM",
  setPassword: "Set a Windows password",
  openTunnel: "Open a tunnel through IAP",
  publishKey: "Publish the key",
  checkHostKey: "Check the host key",
  checkCertificate: "Check the certificate",
  signIn: "Sign in",
  waitForKey: "Wait for the key to arrive",
  openTerminal: "Open the terminal",
  openDesktop: "Wait for the first picture",
};

/** Those that every connection takes; the others show only while they are taken. */
const USUAL: Record<Protocol, ReadonlySet<Step>> = {
  ssh: new Set(["readVm", "openTunnel", "publishKey", "checkHostKey", "signIn", "openTerminal"]),
  rdp: new Set(["readVm", "openTunnel", "checkCertificate", "signIn", "openDesktop"]),
};
const ORDER = Object.keys(STEPS) as Step[];

export type StepState = "done" | "now" | "next";

/** The steps to show, with the present one among them. */
export function stepsShown(now: Step, protocol: Protocol): { step: Step; text: string; state: StepState }[] {
  const place = ORDER.indexOf(now);
  return ORDER.filter((step) => step === now || USUAL[protocol].has(step)).map((step) => {
    const at = ORDER.indexOf(step);
    return { step, text: STEPS[step], state: at < place ? "done" : at === place ? "now" : "next" };
  });
}

/** What a button of a failure says. */
export function actionWord(action: Action): string {
  switch (action) {
    case "tryAgain":
      return "Try again";
    case "startAndConnect":
      return "Start and connect";
    case "signIn":
      return "Sign in";
    case "replaceHostKey":
      return "Replace the key and connect";
    case "replaceCertificate":
      return "Replace the certificate and connect";
    case "allowWithoutNla":
      return "Allow it for this VM and connect";
    case "otherCredentials":
      return "Sign in as somebody else";
  }
}

/** Whether an action gives up a safeguard: it is offered, and never the one to press. */
export function isRisky(action: Action): boolean {
  switch (action) {
    case "replaceHostKey":
    case "replaceCertificate":
    case "allowWithoutNla":
      return true;
    case "tryAgain":
    case "startAndConnect":
    case "signIn":
    case "otherCredentials":
      return false;
  }
}

/** How a session is spoken of. */
export function protocolWord(protocol: Protocol): string {
  switch (protocol) {
    case "ssh":
      return "SSH";
    case "rdp":
      return "Remote Desktop";
  }
}

/** A fingerprint in groups of four digits, to be compared by eye; any other text as it is. */
export function groupsOf(text: string): string[] {
  const digits = text.replaceAll(":", "");
  return /^[0-9a-f]{64}$/i.test(digits) ? (digits.toUpperCase().match(/.{4}/g) ?? []) : [text];
}

/** How a session ended. */
export function endWord(end: SessionEnd): string {
  switch (end.kind) {
    case "exit":
      return `Session ended, exit status ${end.status}`;
    case "signal":
      return `Session ended by signal ${end.name}`;
    case "closed":
      return "The VM closed the connection";
    case "said":
      return end.text;
  }
}

/** The question before a live session's tab is closed, */
export function endTitle(vm: string, protocol: Protocol): string {
  return protocol === "ssh" ? `End the session on ${vm}?` : `Disconnect from ${vm}?`;
}

/** what follows, */
export function endAdvice(protocol: Protocol): string {
  return protocol === "ssh" ? "What runs in it is stopped." : "What runs there goes on, unless you sign out there first.";
}

/** and its button. */
export function endConfirm(protocol: Protocol): string {
  return protocol === "ssh" ? "End session" : "Disconnect";
}

/** A session's state in a word, for the tab and whoever listens to it. */
export function stateWord(state: SessionState): string {
  switch (state.kind) {
    case "connecting":
      return "Connecting";
    case "asking":
      return "Waiting for you";
    case "live":
      return "Live";
    case "resuming":
      return "Resuming";
    case "ended":
      return "Ended";
    case "failed":
      return state.failure.code === "cancelled" ? "Cancelled" : "Not connected";
  }
}

export const words = {
  connecting: (vm: string) => `Connecting to ${vm}`,
  cancel: "Cancel",
  reconnect: "Reconnect",
  resuming: (seconds: number) => (seconds <= 0 ? "Resuming now" : `Resuming in ${seconds} s`),
  attempt: (attempt: number) => (attempt > 1 ? `attempt ${attempt}` : ""),
  resumeNow: "Resume now",
  hostKeyTitle: (vm: string) => `Is this ${vm}?`,
  hostKeyAdvice: (vm: string) =>
    `${vm} announced no host key, so this one could not be verified. Compare it with the one the VM shows on its serial console, or trust it once now; Adit then remembers it.`,
  hostKeyLabel: "Host key",
  hostKeyAlgorithm: "Algorithm",
  hostKeyTrust: "Trust and connect",
  hostKeyReject: "Don't connect",
  factorTitle: (vm: string) => `${vm} asks for one more thing`,
  factorSubmit: "Continue",
  facts: "Details",
  server: "The server said",
  copyServer: "Copy what the server said",
  copyFact: (label: string) => `Copy ${label.toLowerCase()}`,
  copyDetails: "Copy details",
  dismiss: "Dismiss",
  close: (vm: string) => `Close ${vm}`,
  closeTab: "Close the tab",
  keep: "Keep",
  byDesktop: "Connect by Remote Desktop",
  certificateTitle: (vm: string) => `Is this ${vm}?`,
  certificateAdvice: (vm: string) =>
    `Adit sees the certificate of ${vm} for the first time, so there is none to compare it with. Once you trust it, Adit remembers it, and tells you when it changes.`,
  certificateExposes: (vm: string) =>
    `${vm} does without Network Level Authentication: your password goes to whoever holds this certificate. Compare the fingerprint with the one the VM shows before you go on.`,
  certificateName: "Name",
  certificateIssuer: "Issued by",
  certificateItself: "itself",
  certificateValid: "Valid",
  certificateFingerprint: "SHA-256",
  certificateTrust: "Trust and remember",
  certificateOnce: "Only this time",
  certificateReject: "Don't connect",
  credentialsTitle: (vm: string) => `Sign in to ${vm}`,
  credentialsEmpty: "Leave both empty to sign in on the desktop itself.",
  user: "User name",
  userHint: "NAME, DOMAIN\\NAME or NAME@DOMAIN",
  userNeeded: "Write the name of a user on the VM.",
  password: "Password",
  passwordShow: "Show the password",
  passwordHide: "Hide the password",
  remember: "Remember in this computer's keychain",
  connect: "Connect",
  newPassword: "Set a new password…",
  newPasswordTitle: (vm: string) => `Set a Windows password on ${vm}`,
  newPasswordLead: "The VM's agent makes the user, or gives it a new password. Adit signs in with it; you can copy it afterwards.",
  newPasswordSubmit: "Set password and connect",
  back: "Back",
  copyPassword: "Copy the password",
};
