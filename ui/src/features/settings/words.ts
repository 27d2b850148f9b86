/** What the page of settings says. The settings themselves are worded where they are declared. */

import type { Environment } from "../../contract/Environment";
import type { Scope } from "../../contract/Scope";
import type { SettingKind } from "../../contract/SettingKind";
import type { SettingValue } from "../../contract/SettingValue";
import { isTabKey, placeOf, type WindowCommand } from "../window/keys";

/** A place by its name. */
export function placeWord(place: Scope): string {
  switch (place.kind) {
    case "everywhere":
      return "Everywhere";
    case "project":
      return place.project;
    case "zone":
      return place.zone;
    case "vm":
      return place.instance.name;
    case "profile":
      return words.profile;
  }
}

/** A place in a sentence: "project acme-prod". */
export function placeIn(place: Scope): string {
  switch (place.kind) {
    case "everywhere":
      return "everywhere";
    case "project":
      return `project ${place.project}`;
    case "zone":
      return `zone ${place.zone}`;
    case "vm":
      return `VM ${place.instance.name}`;
    case "profile":
      return words.profileIn;
  }
}

/** What kind of place it is, and where. */
export function placeDetail(place: Scope): string {
  switch (place.kind) {
    case "everywhere":
    case "profile":
      return "";
    case "project":
      return "project";
    case "zone":
      return `zone of ${place.project}`;
    case "vm":
      return `${place.instance.project} · ${place.instance.zone}`;
  }
}

/** A value as the form shows it. */
export function valueWord(value: SettingValue, kind: SettingKind): string {
  if (typeof value === "boolean") {
    return value ? words.on : words.off;
  }
  if (kind.kind === "choice") {
    return kind.options.find((option) => option.value === value)?.title ?? String(value);
  }
  const text = Array.isArray(value) ? value.join(", ") : String(value);
  return text === "" ? words.none : text;
}

/** What VMs are used for, short, for a tab. */
export const ENVIRONMENTS: Record<Exclude<Environment, "none">, { short: string; long: string }> = {
  production: { short: "prod", long: "Production" },
  staging: { short: "stage", long: "Staging" },
  development: { short: "dev", long: "Development" },
};

/** What a command does. */
export function commandWord(command: WindowCommand): string {
  return isTabKey(command) ? words.tab(placeOf(command)) : words.commands[command];
}

export const words = {
  title: "Settings",
  profile: "Profile",
  profileIn: "the profile",
  place: "Settings for",
  placeHint: "Project, zone or VM",
  placeOpen: "Show places",
  placeNothing: "No project, zone or VM is called so.",
  placeSet: "changed",
  inherits: "Inherits from",
  search: "Find a setting",
  nothingFound: (text: string) => `No setting says "${text}".`,
  changed: "Changed",
  changedHere: "Set here.",
  reset: "Reset",
  resetTo: (title: string, value: string) => `Reset ${title} to ${value}`,
  resetSays: (value: string, from: string) => `Without it: ${value}${from === "" ? "" : `, from ${from}`}.`,
  from: "From",
  fromDefault: "Adit's default.",
  fromPolicy: "Your organisation's default.",
  locked: "Set by your organisation.",
  problem: (why: string) => `The settings file has something else here that does not count. ${why}`,
  number: (min: number, max: number) => `Write a whole number from ${min.toLocaleString("en")} to ${max.toLocaleString("en")}.`,
  lines: "One a line",
  none: "none",
  on: "on",
  off: "off",
  keys: "Keys",
  keysOutside: "Anywhere but in a terminal or a desktop",
  keysTree: "In the explorer and the palette",
  tab: (place: number) => `Go to tab ${place}`,
  anyTab: "Go to a tab, by its place",
  keysDesktop: "In a desktop, where every other key goes to the VM",
  keysTerminal: "In a terminal, where every other key goes to the VM",
  keychain: {
    available: "Your sign-in is kept in the system's keychain.",
    locked: "The system's keychain is locked: your sign-in is kept in memory and ends when Adit quits. Unlock it, then start Adit again.",
    absent: "This system has no keychain: your sign-in is kept in memory and ends when Adit quits.",
    timedOut: "The system's keychain does not answer: your sign-in is kept in memory and ends when Adit quits.",
  },
  tree: {
    connect: "Connect, or go to the open tab",
    connectNew: "Choose how to connect",
    menu: "What can be done with it",
    jump: "Go to the name that begins so",
    letters: "letters",
  },
  keysTunnels: "In the list of tunnels",
  list: {
    details: "Go to the details",
    toggle: "Start or stop",
    copy: "Copy the address",
    edit: "Edit",
    remove: "Remove",
  },
  keysProfiles: "In the list of profiles",
  profiles: {
    start: "Start, or go to what it started",
    open: "Open or close a folder",
    edit: "Edit, or rename a folder",
    remove: "Remove",
    several: "Choose several",
    move: "Move: from the handle of a row",
  },
  space: "Space",
  keysReset: "Back to the usual keys",
  keyChange: "Change",
  keyChangeOf: (command: string) => `Change the keys of: ${command}`,
  keyResetOf: (command: string) => `Back to the usual keys: ${command}`,
  keyNone: "no keys",
  keyGiveUpOf: (command: string) => `Leave without keys: ${command}`,
  keyPress: "Press the keys, or Esc",
  keyTaken: (command: string) => `These are the keys of: ${command}. Change those first.`,
  keyUnfit: {
    plain: "Keys that are typed need Ctrl, Alt or Cmd beside them.",
    terminal: "Programs in a terminal have every other key. Take one with Ctrl and Shift, Ctrl and Alt, or Cmd.",
    remote: "A desktop has every other key. Take one with Ctrl and Alt.",
  },
  commands: {
    palette: "Palette",
    quickConnect: "Quick connect",
    toggleExplorer: "Show or hide the explorer",
    focusExplorer: "Go to the explorer",
    split: "Split the tab to the right",
    duplicate: "Duplicate the session",
    closeOthers: "Close the other tabs",
    closeRight: "Close the tabs to the right",
    splitDown: "Split the tab downwards",
    resizeSplit: "Change the size of the split",
    otherGroup: "Move the tab to the other group",
    ownWindow: "Move the tab to a window of its own, and back",
    rename: "Name and colour of the tab",
    nextTab: "Next tab",
    previousTab: "Previous tab",
    tabLeft: "Move the tab to the left",
    tabRight: "Move the tab to the right",
    closeTab: "Close the tab",
    newForward: "New forward, to the VM in question",
    tunnels: "Show the tunnels",
    profiles: "Show the profiles",
    saveProfile: "Save what is in front as a profile",
    help: "Help",
    remarks: "Go to the newest message",
    allSessions: "Show all sessions",
    explain: "Explain access to the VM in question",
    refresh: "Refresh the list of VMs",
    settings: "Settings",
    fullScreen: "Fill the screen, or leave it",
    copy: "Copy",
    paste: "Paste",
    find: "Find",
    selectAll: "Select all",
    clear: "Clear what has scrolled by",
    fontLarger: "Larger text",
    fontSmaller: "Smaller text",
    fontReset: "Usual text size",
    giveBack: "Give the keyboard back to Adit",
    desktopFull: "Full screen, or leave it",
  },
};
