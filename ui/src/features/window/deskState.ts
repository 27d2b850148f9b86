/** The state that belongs to the window alone. */

import type { InstanceRef } from "../../contract/InstanceRef";
import type { LinkOffer } from "../../contract/LinkOffer";
import type { Os } from "../../contract/Os";
import type { Profile } from "../../contract/Profile";
import type { ProfileImport } from "../../contract/ProfileImport";
import type { Scope } from "../../contract/Scope";
import type { Want } from "../../contract/Want";
import type { TopicId } from "../help/topics";
import type { DesktopsState } from "./desktops";
import type { Offers } from "./left";
import type { WindowCommand } from "./keys";

/** What lies over the window. */
export type Overlay = "none" | "palette" | "quickConnect";

/** A VM that a forward may lead to, and what is known of it. */
export interface ForwardTo {
  instance: InstanceRef;
  os: Os;
}

/** The form for a tunnel: a new one, to a VM if one is known, or one that is there. */
export type ForwardForm = { kind: "new"; to: ForwardTo | null; port: number | undefined } | { kind: "edit"; id: string };

/** The form for a profile: a new one, as it would be saved where that is known, or one that is there. */
export type ProfileForm =
  | { kind: "new"; folder: readonly string[]; profile: Profile | null }
  | { kind: "edit"; id: string; pane: "connection" | "settings" };

/** A terminal's own part of the keys. */
export interface TerminalKeys {
  command(command: WindowCommand): void;
  focus(): void;
  /** The lines that are on its screen, as text. */
  lastLines?(): readonly string[];
}

export interface DeskState {
  overlay: Overlay;
  /** What the palette begins with. */
  typed: string;
  /** Id of the panel in front. */
  front: string | null;
  /** Id of the live session that a person is asked about before its tab is closed. */
  ending: string | null;
  /** Ids of the panels that a person is asked about before they are closed together. */
  closing: readonly string[];
  /** Id of the session whose tab is being named. */
  naming: string | null;
  /** The form for a tunnel, while it is open. */
  form: ForwardForm | null;
  /** The VM whose port is asked for, to explain the way there. */
  explainTo: ForwardTo | null;
  /** Id of the tunnel that the page of tunnels shows the details of. */
  tunnel: string | null;
  /** The rows that are chosen on the page of profiles, by their keys. */
  profileKeys: ReadonlySet<string>;
  /** The form for a profile, while it is open. */
  profileForm: ProfileForm | null;
  /** What an import has come to, until it has been read. */
  imported: ProfileImport | null;
  /** What the help is open at; `null` for its beginning. */
  helpAt: TopicId | null;
  /** What the help over the window is open at, while it is there. */
  helpOver: TopicId | null;
  /** The VM that a person chooses how to connect to. */
  connectTo: ForwardTo | null;
  /** The VM that a Windows password is set on. */
  passwordFor: InstanceRef | null;
  /** The projects are being chosen. */
  choosingProjects: boolean;
  /** The diagnostics are shown. */
  diagnostics: boolean;
  /** The place whose settings are shown. */
  settingsAt: Scope;
  /** Sessions of the run before that this window offers. */
  offers: Offers | null;
  desktops: DesktopsState;
  /** The newer version is shown, or that there is none. */
  updates: boolean;
  /** What is asked before the window closes. */
  leaving: Extract<Want, { kind: "close" }> | null;
  /** What an address or a start of the app asked for, to be agreed to. */
  offered: readonly LinkOffer[];
}

/** A window with nothing over it. */
export const AT_FIRST: DeskState = {
  overlay: "none",
  typed: "",
  front: null,
  ending: null,
  closing: [],
  naming: null,
  form: null,
  explainTo: null,
  tunnel: null,
  profileKeys: new Set(),
  profileForm: null,
  imported: null,
  helpAt: null,
  helpOver: null,
  connectTo: null,
  passwordFor: null,
  choosingProjects: false,
  diagnostics: false,
  settingsAt: { kind: "everywhere" },
  offers: null,
  desktops: { views: new Map(), full: null, keyboard: null },
  updates: false,
  leaving: null,
  offered: [],
};
