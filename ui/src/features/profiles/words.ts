/** What is said about profiles. */

import type { ProfileAction } from "../../contract/ProfileAction";
import type { ProfileImport } from "../../contract/ProfileImport";
import type { ProfileStarted } from "../../contract/ProfileStarted";
import type { ProfileTarget } from "../../contract/ProfileTarget";
import type { Said } from "../../design/toast";
import type { DraftFault as TunnelFault, DraftField as TunnelField } from "../tunnels/draft";
import { PROTOCOLS, faultWord as tunnelFaultWord } from "../tunnels/words";
import { type Fault, type Field, NAME_MOST } from "./draft";

/** What a profile does. */
export function actionWord(action: ProfileAction): string {
  switch (action.kind) {
    case "ssh":
      return words.actions.ssh;
    case "rdp":
      return words.actions.rdp;
    case "forward":
      return action.forward.protocol === "any" ? words.actions.forward : `${words.actions.forward}, ${PROTOCOLS[action.forward.protocol]}`;
  }
}

/** Where a profile leads: "web-1:8080". */
export function targetWord(target: ProfileTarget, action: ProfileAction): string {
  const port = action.kind === "forward" ? `:${action.forward.port}` : "";
  switch (target.kind) {
    case "instance":
      return `${target.instance.name}${port}`;
    case "search":
      return target.text === "" ? `${words.toChoose}${port}` : `“${target.text}”${port}`;
    case "host":
      return `${target.host}${port}`;
  }
}

/** Where that is, exactly, for the tooltip and beside the name. */
export function placeWord(target: ProfileTarget): string {
  switch (target.kind) {
    case "instance":
      return `${target.instance.project} · ${target.instance.zone}`;
    case "search":
      return target.text === "" ? "" : words.searched;
    case "host":
      return `${target.project} · group ${target.group}`;
  }
}

/** A folder's path in a line. */
export function pathWord(path: readonly string[]): string {
  return path.length === 0 ? words.top : path.join(" › ");
}

/** What is wrong with a field of the form, and what to write instead. */
export function faultWord(field: Field, fault: Fault): string {
  if (field === "profileName") {
    return words.form.nameLong(NAME_MOST);
  }
  if (field === "search") {
    return words.form.searchMissing;
  }
  if (field === "newFolder") {
    return words.form.folderMissing;
  }
  return tunnelFaultWord(field satisfies TunnelField, fault satisfies TunnelFault);
}

/** Most names that a question has. */
const NAMED_MOST = 6;

const count = (number: number, one: string, many: string) => (number === 1 ? `1 ${one}` : `${number.toLocaleString("en")} ${many}`);
const profiles = (number: number) => count(number, "profile", "profiles");

/** How several starts went, where not all went well; `null` where they did. */
export function startedRemark(started: readonly ProfileStarted[], nameOf: (id: string) => string): Said | null {
  const failed = started.filter(({ failure }) => failure !== null);
  const [first] = failed;
  if (first === undefined || first.failure === null) {
    return null;
  }
  if (failed.length === 1) {
    const { title, advice, code } = first.failure;
    return { title, advice, code };
  }
  return {
    title: `${failed.length} of ${started.length} profiles did not start`,
    advice: `${nameOf(first.id)}: ${first.failure.title}. Each says why in the list of profiles.`,
  };
}

export const words = {
  title: "Profiles",
  lead: "saved connections, started by hand or at login",
  close: "Close Profiles",
  list: "Profiles",
  top: "Top level",
  toChoose: "no VM yet",
  searched: "the one VM that has these words",
  actions: { ssh: "Terminal", rdp: "Remote Desktop", forward: "Forward" },
  find: "Find a profile",
  findClear: "Clear",
  nothing: (text: string) => `No profile matches “${text}”`,
  new: "New profile",
  newFolder: "New folder",
  import: "Import…",
  start: (number: number) => (number <= 1 ? "Start" : `Start ${number}`),
  startNamed: (name: string) => `Start ${name}`,
  startMost: (most: number) => ({ title: `At most ${most} profiles start at once`, advice: "Choose fewer of them, or start them one group after the other." }),
  show: "Show",
  showNamed: (name: string) => `Show ${name}`,
  more: (name: string) => `What can be done with ${name}`,
  drag: (name: string) => `Move ${name}`,
  open: (name: string) => `Open or close ${name}`,
  moving: (number: number) => (number === 1 ? "1 moves" : `${number} move`),
  chosen: (number: number) => `${number} chosen`,
  menu: "Chosen profiles",
  atLogin: "Starts at login",
  startAtLogin: "Start at login",
  edit: "Edit…",
  settings: "Settings…",
  duplicate: "Duplicate",
  export: "Export…",
  remove: "Remove…",
  newHere: "New profile in it…",
  newFolderHere: "New folder in it…",
  rename: "Rename…",
  idle: "",
  /** There is something to be chosen, or to be known, before it starts. */
  look: "needs a look",
  saveAs: "Save as profile…",
  readOnly: "Adit only reads them: nothing can be changed here.",
  loading: "Reading the profiles",

  emptyTitle: "Save a connection, start it with one key",
  emptyLead:
    "A profile keeps what you connect to and how: a terminal, a desktop or a forward with its settings. Save one from any tab, tunnel or VM, or bring them from another tool.",
  emptyNew: "Save a connection…",
  emptyImport: "Import profiles…",
  emptyImportSays: "Adit’s own export, .rdp files, and .iapc of IAP Desktop",

  removeTitle: (names: readonly string[], folders: readonly string[]) =>
    names.length + folders.length === 1
      ? `Remove the ${names.length === 1 ? "profile" : "folder"} ${[...names, ...folders].join("")}?`
      : `Remove ${[...(names.length === 0 ? [] : [profiles(names.length)]), ...(folders.length === 0 ? [] : [count(folders.length, "folder", "folders")])].join(" and ")}?`,
  removeSays: (names: number, folders: number) =>
    [
      ...(names === 0 ? [] : ["What they started goes on. A removed profile does not come back: export it first if you may want it again."]),
      ...(folders === 0 ? [] : [`What is in ${folders === 1 ? "the folder" : "the folders"} moves one level up.`]),
    ].join(" "),
  removeNames: (names: readonly string[]) =>
    names.length <= NAMED_MOST ? names.join(", ") : `${names.slice(0, NAMED_MOST).join(", ")} and ${(names.length - NAMED_MOST).toLocaleString("en")} more`,
  removeConfirm: "Remove",
  cancel: "Cancel",

  folderNew: "New folder",
  folderNewIn: (path: readonly string[]) => `New folder in ${pathWord(path)}`,
  folderRename: (name: string) => `Rename ${name}`,
  folderName: "Name",
  folderCreate: "Create",
  folderSave: "Rename",

  importedTitle: ({ added }: ProfileImport) => (added === 0 ? "No profile was added" : `Added ${profiles(added)}`),
  importedInto: (path: readonly string[]) => (path.length === 0 ? "They are at the top level." : `They are in ${pathWord(path)}.`),
  importedRuns: "These start a program",
  importedRunsSay: "None of them starts yet. Look at the whole line; if you want it, edit the profile and save it.",
  importedNotes: "Left out or changed, and why",
  importedDone: "Done",
  exported: (path: string) => ({ title: "Profiles exported", advice: path }),

  form: {
    newTitle: "New profile",
    editTitle: "Edit profile",
    panes: { connection: "Connection", settings: "Settings" },
    pane: "Part of the form",
    name: "Name",
    nameLong: (most: number) => `A name has at most ${most} characters.`,
    folder: "Folder",
    folderNew: "New folder…",
    folderNewName: "Name of the new folder",
    folderInside: (path: readonly string[]) => `In ${path.join(" › ")}.`,
    folderMissing: "What is the folder called?",
    action: "What it opens",
    target: "Leads to",
    targets: { instance: "A VM", search: "A search", host: "A host on-premises" },
    search: "Words",
    searchPlaceholder: "web prod europe-west1",
    searchSays: "When it starts, the one VM that has all these words is meant, or the one that is called so.",
    searchMissing: "Which words does the VM have?",
    searchFound: (names: readonly string[], more: boolean) =>
      names.length === 0
        ? "No VM has them now."
        : names.length === 1 && !more
          ? `Now that is ${names[0]}.`
          : `Several VMs have them now (${names.join(", ")}${more ? " and more" : ""}): it starts only when one is left.`,
    account: "Account",
    accountAny: "Whichever sees the VM",
    atLogin: "Start at login",
    atLoginSays: "Each time you sign in to this computer",
    more: "More",
    save: "Save",
    saveNew: "Save profile",
    cancel: "Cancel",
    settingsFirst: "Settings of its own are kept with the profile: save it first.",
    settingsSave: "Save and choose settings",
    settingsSay: "Each is saved at once and holds whenever this profile is started.",
    settingsNone: "What this profile opens has no settings of its own.",
  },
};
