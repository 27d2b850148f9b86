/** What a desktop's tab says. */

import type { DesktopInfo } from "../../contract/DesktopInfo";
import type { DisplayInfo } from "../../contract/DisplayInfo";
import type { DisplayMode } from "../../contract/DisplayMode";
import type { Chord } from "./chords";
import type { SpanFault } from "./displays";
import { LONGEST, type NameFault } from "./userName";

/** How the picture goes into its tab. */
export function modeWord(mode: DisplayMode): string {
  switch (mode) {
    case "follow":
      return "Match the tab's size";
    case "fit":
      return "Scale to fit";
    case "actual":
      return "Actual size";
  }
}

/** Keys that are sent from the menu. */
export function chordWord(chord: Chord): string {
  switch (chord) {
    case "secure":
      return "Ctrl+Alt+Del";
    case "start":
      return "Start menu";
    case "windows":
      return "Windows key";
    case "switch":
      return "Alt+Tab";
    case "closeWindow":
      return "Alt+F4";
    case "print":
      return "Print Screen";
  }
}

/** A display by its name and size. */
export function displayWord(display: DisplayInfo, place: number): string {
  const name = display.name === "" ? `Display ${place + 1}` : display.name;
  return `${name}, ${display.width} × ${display.height}`;
}

/** What to do about a name that no Windows user can have. */
export function nameFaultWord(fault: NameFault): string {
  switch (fault) {
    case "empty":
      return "Write a name.";
    case "long":
      return `At most ${LONGEST} characters.`;
    case "vm":
      return "The name must differ from the VM's.";
    case "characters":
      return 'A name without a domain, and without any of " / \\ [ ] : ; | = , + * ? < > @.';
  }
}

/** Why one window does not cover several displays. */
export function spanWord(fault: SpanFault): string {
  switch (fault) {
    case "placed by the system":
      return "Other displays: Wayland places windows by itself";
    case "not side by side":
      return "All displays: they do not lie side by side";
  }
}

/** What of this computer a desktop has, a line each. */
export function sharedWords({ clipboard, folders, foldersWritable, printers, sound }: Omit<DesktopInfo, "port" | "display" | "files" | "madePassword">): string[] {
  return [
    ...(clipboard === "text" ? ["Clipboard: text"] : clipboard === "all" ? ["Clipboard: text, pictures and files"] : []),
    ...folders.map((folder) => `Folder, ${foldersWritable ? "to read and write" : "to read"}: ${folder}`),
    ...(printers ? ["Printers"] : []),
    ...(sound ? ["Sound: plays here"] : []),
  ];
}

export const words = {
  label: (vm: string) => `Desktop of ${vm}`,
  keyboard: (vm: string, keys: string) => `Keyboard of ${vm}. Keys go to the VM. ${keys} gives them back to Adit.`,
  tools: (vm: string) => `Desktop of ${vm}: commands`,
  hint: (vm: string) => `Keys go to ${vm}.`,
  hintBack: "gives them back",
  hintFull: "leaves the full screen",
  sendKeys: "Send keys",
  send: (chord: string) => `Send ${chord}`,
  typeClipboard: "Type the clipboard",
  filesCopied: (vm: string) => `You copied files on ${vm}.`,
  saveFiles: "Save the copied files in Downloads",
  saveShort: "Save in Downloads",
  saving: (percent: number) => `Saving the copied files: ${percent} %`,
  stopSaving: "Stop saving the copied files",
  stopShort: "Stop",
  copyPassword: "Copy the password that was set",
  passwordCopied: { title: "The password is on the clipboard", advice: "" },
  display: "Size of the picture",
  fullScreen: "Full screen",
  leaveFullScreen: "Leave full screen",
  fullScreenOn: (display: string) => `Full screen on ${display}`,
  fullScreenAll: "Full screen on all displays",
  fullScreenChosen: "Full screen on chosen displays…",
  chooseDisplays: "Which displays?",
  chooseDisplaysAdvice: "One window covers displays that lie side by side.",
  chosenApart: "These do not lie side by side.",
  fill: "Fill them",
  cancel: "Cancel",
  thisDisplay: "this window's",
  shared: (vm: string) => `Shared with ${vm}`,
  changeShared: "Settings of this connection",
  disconnect: "Disconnect",
  giveBack: "Give the keyboard back to Adit",
  more: "Commands for this desktop",
  reconnectHere: "Reconnect at this size",
  fixed: (vm: string) => `${vm} can't change the size of its picture while it is connected, so it is scaled.`,
  dismiss: "Dismiss",
  waiting: "Waiting for the picture",
  gaveUp: "Adit could not fetch the picture.",
  again: "Fetch it again",
};

/** About Windows passwords. */
export const passwordWords = {
  title: (vm: string) => `Set a Windows password on ${vm}`,
  lead: "The VM's agent makes the user, or gives it a new password. Adit puts the password on the clipboard; it is shown nowhere.",
  user: "User name",
  userHint: "A user of the VM, without a domain. One that is not there is made.",
  administrator: "Make the user an administrator",
  administratorSays: "A new user who is none may not sign in by Remote Desktop until somebody allows it.",
  remember: "Remember in this computer's keychain",
  warnExisting:
    "If the user exists, its old password ends: files that Windows encrypted for it (EFS) and passwords that it saved can no longer be read.",
  warnDomain: "On a domain controller this is a domain account, in the domain's Administrators group.",
  submit: "Set and copy the password",
  busy: "Setting the password…",
  cancel: "Cancel",
  close: "Close",
  done: (user: string, vm: string) => ({
    title: `The new password of ${user} on ${vm} is on the clipboard`,
    advice: "Paste it where you need it.",
  }),
};
