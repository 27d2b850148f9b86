/** What is said about newer versions of Adit. */

import type { Demo } from "../../contract/Demo";
import type { UpdateInfo } from "../../contract/UpdateInfo";
import { bytes } from "../../design/bytes";

/** What the person is shown: one of these at a time. */
export type Shown = "elsewhere" | "checking" | "newest" | "failed" | "offered" | "downloading" | "ready" | "installing";

/** Which of them holds. */
export function shownOf({ source, step, release, failure }: UpdateInfo): Shown {
  if (source === "elsewhere") {
    return "elsewhere";
  }
  switch (step.kind) {
    case "checking":
    case "downloading":
    case "ready":
    case "installing":
      return step.kind;
    case "idle":
      if (failure !== null) {
        return "failed";
      }
      return release === null ? "newest" : "offered";
  }
}

/** Why nobody is asked. The demo is no version of its own. */
export function elsewhereWord(demo: Demo): string {
  return demo === "running" ? words.inDemo : words.elsewhere;
}

/** Where updates stand, in a line. When they were asked for last, with none found, `About` says by itself. */
export function standing(info: UpdateInfo, demo: Demo): string {
  const version = info.release?.version ?? "";
  switch (shownOf(info)) {
    case "elsewhere":
      return elsewhereWord(demo);
    case "checking":
      return words.checking;
    case "newest":
      return words.never;
    case "failed":
      return info.failure?.title ?? "";
    case "offered":
      return words.offered(version);
    case "downloading":
      return words.downloading(version);
    case "ready":
      return words.ready(version);
    case "installing":
      return words.installing(version);
  }
}

/** How much has come. */
export function progressWord(received: number, size: number | null): string {
  return size === null ? bytes(received) : `${bytes(received)} of ${bytes(size)}`;
}

export const words = {
  title: "Updates",
  about: "About",
  name: (version: string) => `Adit ${version}`,
  elsewhere: "This build asks nobody. Newer versions come from where Adit was installed from.",
  inDemo: "Leave the demo to look for updates.",
  checking: "Asking Adit's publisher",
  never: "Nobody has been asked yet.",
  none: (when: string) => `No newer version is known. Asked ${when}.`,
  newest: (version: string) => `Adit ${version} is the newest version.`,
  offered: (version: string) => `Adit ${version} is there.`,
  downloading: (version: string) => `Fetching Adit ${version}`,
  ready: (version: string) => `Adit ${version} is ready to be installed.`,
  installing: (version: string) => `Installing Adit ${version}`,
  published: (when: string, running: string) => `Published on ${when}. You have ${running}.`,
  running: (running: string) => `You have ${running}.`,
  notes: "What is new",
  noNotes: "Its publisher says nothing about what is new.",
  willInstall: "Its signature is checked before anything is installed. Then Adit starts again.",
  asksFirst: "You are asked before a session or a tunnel ends.",
  isPackage: (file: string) => `Your system keeps Adit as a package. Get ${file}, then install it as you did this one.`,
  ends: (what: string) => `Its signature holds. Adit has to start again for it: this ends ${what}.`,
  endsNothing: "Its signature holds. Adit has to start again for it.",
  startsAgain: "Adit starts again by itself.",
  check: "Check for updates",
  show: "Show",
  later: "Later",
  close: "Close",
  cancel: "Cancel",
  tryAgain: "Try again",
  install: "Install and restart",
  restart: "Restart now",
  getPackage: "Get the package",
  statusOffered: (version: string) => `Update ${version}`,
  statusReady: (version: string) => `Update ${version} is ready`,
  statusHint: "Show what is new",
  percent: (received: number, size: number | null) => (size === null || size === 0 ? "" : `${Math.floor((100 * Math.min(received, size)) / size)}%`),
};
