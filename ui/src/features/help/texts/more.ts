/** What is good to know. */

import type { Topic } from "../topic";

export const more = {
  forwards: {
    title: "Tunnels and forwards",
    means: [
      "A forward gives a port of a VM, or of a host on-premises, an address on this computer. A program that connects there reaches the VM’s port through IAP.",
      "It is kept alive while Adit runs: when the connection to the relay is lost, it is resumed with all that was on its way.",
      "What was asked for stays in the list until you remove it. The settings say whether what ran begins again when Adit starts.",
    ],
    check: [
      "The port is the one on the VM: 22 for SSH, 3389 for Remote Desktop, 5432 for PostgreSQL.",
      "The local port may be left empty: Adit chooses one, the same each time.",
      "The protocol only decides what is offered: to open a browser, or what to keep out. “By its port” is right most often.",
      "A host on-premises needs a destination group: its project, region, network and name are those of the console.",
    ],
    ask: "",
  },
  gateway: {
    title: "One port for all VMs",
    means: [
      "One local port that speaks SOCKS5 and HTTP CONNECT. A program that uses it as its proxy reaches any VM by a name: NAME.ZONE.PROJECT.adit. Every other name is refused.",
    ],
    check: [
      "Let the program resolve names through the proxy too: browsers call it “Proxy DNS”.",
      "Only programs of your user account may use it. With a password, only those of them that know it.",
      "If it could not start, another program has the port: choose another.",
    ],
    ask: "",
  },
  audience: {
    title: "Who may use a forward",
    means: [
      "A port of this computer can be used by whatever runs on it. Adit asks the system who connects, and lets in only programs of your user, or fewer if you choose so.",
      "For HTTP it also keeps out what pages of other sites send to it, unless you allow that.",
    ],
    check: ["The details of a tunnel say who uses it and who was not let in.", "“Everyone on this computer” is for services that run as another user. Close it when you are done."],
    ask: "",
  },
  profiles: {
    title: "Profiles",
    means: [
      "A profile keeps a connection: the VM, what is opened there, and settings of its own. Save one from a tab’s, a tunnel’s or a VM’s menu.",
      "One that leads to a search means the one VM that has all its words when it starts, or is called so. With none or several it does not start, and says so.",
      "Passwords are never in a profile, nor in an export: they stay in the keychain. One that is saved from a profile’s tab is that profile’s own: removing the profile deletes it, and a copy has none.",
      "A program that an imported profile would start is shown, and starts only once you have edited and saved that profile.",
    ],
    check: [
      "Enter starts what is chosen, up to twenty at once, or goes to what it has started.",
      "To move a row by the keyboard, go to its handle with the right arrow, press Enter, then Tab to the place, and Enter again.",
      "“Start at login” needs Adit to start at login: the settings switch that.",
    ],
    ask: "",
  },
  import: {
    title: "Import and export of profiles",
    means: [
      "Adit reads its own exports, .rdp files, and .iapc files of IAP Desktop. What a file has that Adit cannot use is left out and named.",
      "Passwords are taken from no file and written to none. Nothing that is imported starts by itself.",
      "A program that an imported profile would start is shown, and starts only once you have edited and saved that profile.",
    ],
    check: [
      "A desktop of an .rdp file that names no VM leads to a search: look at it before you start it.",
      "Several profiles of one file come into a folder with the file’s name.",
    ],
    ask: "",
  },
  links: {
    title: "Links that open Adit",
    means: [
      "An adit:// or iap-rdp:// link, or a program, can ask Adit to connect, to forward a port or to explain. Nothing connects before you agree, and the question names what would be shared.",
      "A link carries no password and starts no program. What Adit does not take from it is named.",
    ],
    check: ["Do you expect it? If not, cancel: nothing has happened yet."],
    ask: "",
  },
  terminal: {
    title: "Terminals",
    means: [
      "While a terminal has the keyboard, the VM gets every key but those with Ctrl and Shift (on macOS those with Cmd) and Ctrl+Alt+Home, which gives the keyboard back. Ctrl+Alt+PgUp and Ctrl+Alt+PgDn go to the tabs beside it, and with Shift they move its own. The settings list them all, and each can be changed.",
      "Several lines are shown before they are pasted, since a shell runs each at once. The settings turn that off.",
    ],
    check: [
      "Ctrl+Shift+C and Ctrl+Shift+V copy and paste, Ctrl+Shift+F finds (on macOS with Cmd alone).",
      "For a screen reader, turn on “Screen reader” in the settings of terminals: what is printed is then read out, and the lines can be walked through.",
    ],
    ask: "",
  },
  desktop: {
    title: "Remote desktops",
    means: [
      "While a desktop has the keyboard, the VM gets every key but Ctrl+Alt+Home, which gives the keyboard back, and Ctrl+Alt+Enter for the full screen. What this computer keeps for itself, such as Alt+Tab, is sent from “Send keys”.",
      "The picture follows the size of its tab where the server can change it; else it is scaled, or shown as it is.",
    ],
    check: [
      "If letters come out wrong, choose the keyboard’s layout in the settings: keys go to the desktop by their place.",
      "“Reconnect at this size” helps where the server cannot change the size of a desktop that is connected.",
      "The full screen can cover several displays that lie side by side, where the system lets a window do so.",
    ],
    ask: "",
  },
  sharing: {
    title: "What a remote desktop gets of this computer",
    means: [
      "Text of the clipboard, both ways, and its sound is played here: the settings turn either off. Of the clipboard it gets what was there while its tab had the keyboard. Pictures and files of the clipboard, folders and printers are shared only where the settings say so.",
      "Of shared folders its programs can read everything. They can change and delete it too where the setting “In shared folders” says so; by itself it does not.",
      "On shared printers its programs can print, as much as they like. A document from there is a program for your printing system, as any PostScript is: share printers with VMs that you trust.",
      "What is shared stands among the commands of its tab, with a way to the settings. A change there holds from the next connection on.",
      "Whoever runs the VM can read what is shared. Share text rather than everything, and for single VMs or profiles rather than everywhere.",
    ],
    check: ["The settings of a VM, a project or a profile say what is shared, and where that comes from."],
    ask: "",
  },
  environment: {
    title: "Environments",
    means: [
      "Say of a project, a zone, a VM or a profile that it is production, staging or development. Its tabs and terminals then have an edge in a colour of its own and the word beside the name, so that nobody types into the wrong machine.",
    ],
    check: [
      "Set it on a project once: its VMs inherit it.",
      "The environment’s colour comes before one that you gave a tab.",
    ],
    ask: "",
  },
  projects: {
    title: "Which projects are listed",
    means: [
      "Adit lists the VMs of every project that your account sees, or only of those you choose. Nothing is asked about the others.",
    ],
    check: [
      "A project that is missing: can your account list VMs there? The explorer says which places could not be listed, and why.",
      "While none is chosen all are listed, also those that come later.",
    ],
    ask: "",
  },
  address: {
    title: "Your public address",
    means: [
      "Access levels often let in certain networks. To say whether yours is among them, Adit has to know the address that Google sees. It asks nobody unless you choose one.",
      "Asking a service tells that service your address and when you asked. Asking by DNS is not encrypted. Neither tells your account or the VM.",
    ],
    check: ["Where you may read IAP’s audit log, that has the address: nothing more needs to be sent."],
    ask: "Ask your organisation whether it runs an address service.",
  },
  tray: {
    title: "Adit in the tray",
    means: [
      "With its window closed, Adit can go on in the tray: sessions and tunnels stay, and a notification tells what needs you. Its menu shows what runs, starts favourites and profiles, and quits.",
      "On a desktop without a tray, closing the last window quits, and asks before anything ends.",
    ],
    check: [
      "“Closing the window” decides whether Adit stays in the tray, quits or asks.",
      "“Start at login” starts it in the tray, where profiles that start at login begin.",
      "On GNOME the tray needs the extension AppIndicator.",
    ],
    ask: "",
  },
  settings: {
    title: "Settings, and where they come from",
    means: [
      "A setting holds everywhere until a project, a zone, a VM or a profile has a value of its own: the nearest one counts. Each row says where its value comes from.",
      "“Reset” takes away the value of the place you are at, and lets the inherited one hold again.",
      "An organisation can lay down values in a file of this computer’s administrator. What it fixes is shown locked.",
    ],
    check: [
      "Choose the place at the top of the page, or “Settings…” in the menu of a row of the explorer.",
      "A change holds at once for what begins after it. Colours, text size and environments follow at once.",
      "The command line has the same: adit settings list",
    ],
    ask: "Ask whoever administers this computer about a setting that is locked.",
  },
} as const satisfies Record<string, Topic>;
