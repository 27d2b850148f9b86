/** What a session's tab says. */

import type { Action } from "../../contract/Action";
import type { SessionEnd } from "../../contract/SessionEnd";
import type { SessionState } from "../../contract/SessionState";
import type { Step } from "../../contract/Step";

/** The steps of a connection in the order they are shown. */
const STEPS: Record<Step, string> = {
  readVm: "Read the VM",
  startVm: "Start the VM",
  waitForVm: "Wait for the VM",
  openTunnel: "Open a tunnel through IAP",
  publishKey: "Publish the key",
  checkHostKey: "Check the host key",
  signIn: "Sign in",
  waitForKey: "Wait for the key to arrive",
  openTerminal: "Open the terminal",
};

/** Those that every connection takes; the others show only while they are taken. */
const USUAL: ReadonlySet<Step> = new Set(["readVm", "openTunnel", "publishKey", "checkHostKey", "signIn", "openTerminal"]);
const ORDER = Object.keys(STEPS) as Step[];

export type StepState = "done" | "now" | "next";

/** The steps to show, with the present one among them. */
export function stepsShown(now: Step): { step: Step; text: string; state: StepState }[] {
  const place = ORDER.indexOf(now);
  return ORDER.filter((step) => step === now || USUAL.has(step)).map((step) => {
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
  }
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
  }
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
  endTitle: (vm: string) => `End the session on ${vm}?`,
  endAdvice: "What runs in it is stopped.",
  end: "End session",
  keep: "Keep",
  ssh: "SSH",
};
