/** The topics of the help, and which of them a failure and a setting lead to. */

import type { FailureCode } from "../../contract/FailureCode";
import { here } from "./texts/here";
import { more } from "./texts/more";
import { reaching } from "./texts/reaching";
import { signingIn } from "./texts/signingIn";

export const TOPICS = { ...reaching, ...signingIn, ...here, ...more };

export type TopicId = keyof typeof TOPICS;

/** Where the help begins. */
export const FIRST_TOPIC: TopicId = "access";

const idsOf = (texts: Partial<typeof TOPICS>) => Object.keys(texts) as TopicId[];

/** The topics under their headings. */
export const CHAPTERS: readonly { id: "reaching" | "signingIn" | "here" | "more"; topics: readonly TopicId[] }[] = [
  { id: "reaching", topics: idsOf(reaching) },
  { id: "signingIn", topics: idsOf(signingIn) },
  { id: "here", topics: idsOf(here) },
  { id: "more", topics: idsOf(more) },
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

/** The topics of settings, by their keys. */
export const BY_SETTING: Readonly<Record<string, TopicId>> = {
  "app.close": "tray",
  "app.startAtLogin": "tray",
  "app.openLinks": "links",
  "app.restoreTunnels": "forwards",
  "app.notifications": "tray",
  "app.updates": "updates",
  "appearance.environment": "environment",
  "explorer.projects": "projects",
  "terminal.fontSize": "terminal",
  "terminal.scrollback": "terminal",
  "terminal.confirmPaste": "terminal",
  "terminal.screenReader": "terminal",
  "rdp.user": "password",
  "rdp.port": "silent",
  "rdp.security": "certificate",
  "rdp.display": "desktop",
  "rdp.clipboard": "sharing",
  "rdp.sound": "sharing",
  "rdp.folders": "sharing",
  "rdp.foldersAccess": "sharing",
  "rdp.printers": "sharing",
  "rdp.keyboardLayout": "desktop",
  "rdp.graphics": "desktop",
  "access.preflight": "access",
  "access.publicAddress": "address",
  "access.publicAddresses": "address",
  "access.publicAddressService": "address",
};

/** The topic of a setting: one about what it changes, else the one about all settings. */
export function topicOfSetting(key: string): TopicId {
  return BY_SETTING[key] ?? "settings";
}
