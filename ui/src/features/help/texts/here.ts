/** What happens on this computer. */

import type { Topic } from "../topic";

export const here = {
  keychain: {
    title: "The keychain",
    means: [
      "Sign-ins and saved passwords are kept in the system’s keychain, and nowhere else. While it is locked or absent, they are kept in memory and end when Adit quits.",
    ],
    check: [
      "Unlock the keychain, then start Adit again.",
      "On Linux a Secret Service has to run, such as GNOME Keyring or KWallet.",
    ],
    ask: "",
  },
  port: {
    title: "A port of this computer is taken",
    means: ["A forward listens on a port of this computer. Another program has the one that was chosen, or the system keeps it back."],
    check: [
      "Leave the port empty: Adit chooses a free one, the same each time.",
      "Find the program: “ss -ltnp” on Linux, “lsof -i :PORT” on macOS, “netstat -ano” on Windows.",
      "Ports below 1024 are often the system’s.",
    ],
    ask: "",
  },
  file: {
    title: "A file of Adit’s could not be used",
    means: [
      "Settings, profiles and tunnels are kept in files. One that cannot be understood is set aside, beside its place, and Adit begins with the usual values. One of a later version is left alone.",
    ],
    check: [
      "The failure names the file. Look at it, mend it, and give it its old name back while Adit is not running.",
      "Is the disk full, or the folder not yours to write in?",
    ],
    ask: "",
  },
  input: {
    title: "Something that was given cannot be used",
    means: ["What was typed, or stands in a file or a link, is no value that fits. Nothing was changed."],
    check: ["The failure says which values there are.", "An organisation’s policy can fix a setting: then nothing else is taken."],
    ask: "",
  },
  updates: {
    title: "New versions of Adit",
    means: [
      "Once a day Adit asks its publisher whether there is a newer version, unless the settings say otherwise. It tells its own version and nothing else.",
      "Nothing is fetched before you say so, and nothing is installed whose publisher’s signature does not hold for that very version. Where your system keeps Adit as a package, the browser fetches the package, and your system checks and installs it.",
    ],
    check: [
      "You are asked before a session or a tunnel would end.",
      "A build that knows no publisher asks nobody: newer versions come from where you got this one.",
    ],
    ask: "",
  },
  update: {
    title: "An update was not taken",
    means: [
      "What was fetched does not carry its publisher’s signature for that version, or is not what the list of versions names. Nothing of it was installed: this version goes on as it is.",
    ],
    check: [
      "Try again later: the publisher may just be putting a release together.",
      "A proxy that changes what is downloaded spoils the signature. Try another network.",
      "Otherwise get the package from where you got this one.",
    ],
    ask: "If it stays, tell the publisher which version was offered.",
  },
  broken: {
    title: "The other side, or Adit, made a mistake",
    means: ["Something came that does not fit the protocol, or Adit met a fault of its own. The rest goes on: only this tab or tunnel has ended."],
    check: ["Try again.", "If it happens once more, restart Adit."],
    ask: "Report it to the project, with what was said and what you did before.",
  },
} as const satisfies Record<string, Topic>;
