/** What the sign-in says. */
import type { KeychainState } from "../../contract/KeychainState";

export const words = {
  title: "Enter your VMs",
  lead: "Terminals and desktops through Identity-Aware Proxy, without gcloud and without open ports.",
  leadLocal: "A Google Cloud of your own runs on this computer, with projects, VMs and a relay. Nothing leaves it.",
  ownTitle: "Your Google Cloud",
  own: "Sign in with the account that may reach your VMs.",
  demo: {
    title: "The demo cloud",
    lead: "A small Google Cloud on this computer, with VMs to enter and doors that stay shut. No account, and nothing leaves this computer.",
    start: "Try the demo cloud",
    starting: "Starting the demo cloud",
    startingHint: "It comes up on this computer. Then your browser opens, to pick who you are there.",
    leave: "Leave the demo",
    mark: "Demo",
    markLabel: "This is the demo. What that means, and the way back",
    here: "You are in the demo",
    hereHint: "Its Google Cloud runs on this computer. What you do here touches nothing of yours, and goes when you leave.",
  },
  withGoogle: "Sign in with Google",
  withLocal: "Sign in to the demo cloud",
  withDefault: "Use gcloud's credentials",
  withDefaultHint: "Found on this computer: Application Default Credentials.",
  browserHint: "Your browser opens. Adit never sees your password.",
  noClientTitle: "Bring your own OAuth client",
  noClient:
    "Google wants to know which app asks. In the Google Cloud console, make an OAuth client of type Desktop app, download its JSON file, and choose it here.",
  chooseClient: "Choose client file…",
  waitingTitle: "Go on in your browser",
  waiting: "Adit waits for you to come back from it.",
  browserFailedTitle: "The browser did not open",
  browserFailed: "Copy this address and open it in a browser on this computer.",
  address: "Address to sign in at",
  copyAddress: "Copy address",
  openAgain: "Open again",
  cancel: "Cancel",
  exchanging: "Signing you in",
  exchangingHint: "Fetching your credentials from Google.",
  again: "Try again",
  server: "Google said",
  copyServer: "Copy what Google said",
};

/** What a keychain that cannot be used means for who signs in; `null` when it can. */
export function keychainNote(state: KeychainState): { title: string; text: string } | null {
  switch (state) {
    case "available":
      return null;
    case "locked":
      return {
        title: "The keychain is locked",
        text: "Unlock it to stay signed in. Until then your sign-in lasts until Adit quits.",
      };
    case "absent":
      return {
        title: "This system has no keychain",
        text: "Your sign-in is kept in memory only and lasts until Adit quits.",
      };
    case "timedOut":
      return {
        title: "The keychain does not answer",
        text: "Your sign-in is kept in memory only and lasts until Adit quits.",
      };
  }
}
