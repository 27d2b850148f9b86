/** What the settings say. */

import { type AddressFault, MOST_ADDRESSES } from "./address";

/** What is wrong with an address, and what to write instead. */
export function faultWord(fault: AddressFault, at: string): string {
  switch (fault) {
    case "empty":
      return "Write one first.";
    case "many":
      return `At most ${MOST_ADDRESSES} addresses.`;
    case "none":
      return `${at} is no IPv4 or IPv6 address. Ranges are not taken: write what the internet sees.`;
    case "private":
      return `${at} is an address inside a network. The internet sees another one.`;
    case "url":
      return "Write a web address, such as https://ip.acme.example.";
    case "https":
      return "It must begin with https://.";
    case "secret":
      return "Leave the user name and password out.";
  }
}

export const words = {
  title: "Settings",
  appearance: "Appearance",
  theme: "Colours",
  themes: { system: "System", light: "Light", dark: "Dark" },
  terminal: "Terminal",
  fontSize: "Font size",
  fontSmaller: "Smaller",
  fontLarger: "Larger",
  scrollback: "Scrollback",
  scrollbackUnit: "lines",
  confirmPaste: "Ask before pasting several lines",
  on: "On",
  off: "Off",
  access: {
    title: "Access",
    preflight: "Mark blocked VMs in the explorer",
    preflightSays: "Judged on this computer, by the policies that you may read. Adit reads them once for each project, not for each VM.",
    address: "Your public address",
    addressSays: "Access levels often ask for one. This is where Adit may learn yours when it explains a denial.",
    kinds: {
      auditOnly: {
        title: "Only from the audit log",
        says: "Nothing more is sent. Where you may read IAP's audit log, it tells the address that Google saw.",
      },
      manual: {
        title: "By hand",
        says: "Nothing more is sent. Adit believes what you write until you change it.",
        field: "Public addresses, one a line",
        placeholder: "198.51.100.7",
      },
      echo: {
        title: "From your organisation's address service",
        says: "Adit asks this address by HTTPS, without your account. Whoever runs it sees your address and when you asked.",
        field: "Web address of the service",
        placeholder: "https://ip.acme.example",
      },
      googleDns: {
        title: "Ask Google by DNS",
        says: "Adit asks ns1.google.com for o-o.myaddr.l.google.com. DNS is not encrypted: Google and every network between see your address and that you asked, but not your account or the VM.",
      },
    },
    notYet: (now: string) => `Not in force until it is saved. Until then: ${now.toLowerCase()}.`,
    save: "Save",
  },
  keys: "Keys",
  keysOutside: "Anywhere but in a terminal",
  keysTree: "In the explorer and the palette",
  tab: "Go to a tab",
  keysTerminal: "In a terminal, where every other key goes to the VM",
  about: "About",
  version: (version: string) => `Adit ${version}`,
  keychain: {
    available: "Your sign-in is kept in the system's keychain.",
    locked: "The system's keychain is locked: your sign-in is kept in memory and ends when Adit quits. Unlock it, then start Adit again.",
    absent: "This system has no keychain: your sign-in is kept in memory and ends when Adit quits.",
    timedOut: "The system's keychain does not answer: your sign-in is kept in memory and ends when Adit quits.",
  },
  tree: {
    connect: "Connect, or go to the open tab",
    connectNew: "Connect in a new tab",
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
  space: "Space",
  commands: {
    palette: "Palette",
    quickConnect: "Quick connect",
    toggleExplorer: "Show or hide the explorer",
    focusExplorer: "Go to the explorer",
    split: "Split the tab to the right",
    closeTab: "Close the tab",
    newForward: "New forward, to the VM in question",
    tunnels: "Show the tunnels",
    explain: "Explain access to the VM in question",
    refresh: "Refresh the list of VMs",
    settings: "Settings",
    fullScreen: "Fill the screen, or leave it",
    copy: "Copy",
    paste: "Paste",
    find: "Find",
    fontLarger: "Larger text",
    fontSmaller: "Smaller text",
    fontReset: "Usual text size",
    giveBack: "Give the keyboard back to Adit",
  },
};
