import { afterEach, describe, expect, it } from "vitest";

import { canGiveUp, chooseKeys, commandFor, type Focus, keysOf, type Keystroke, ownerOf, unfit } from "./keys";

function stroke(text: string): Keystroke {
  const parts = text.split(" ");
  const key = parts.at(-1) as string;
  const code = /^[A-Z]$/i.test(key) ? `Key${key.toUpperCase()}` : /^\d$/.test(key) ? `Digit${key}` : key;
  return {
    key,
    code,
    ctrlKey: parts.includes("Ctrl"),
    metaKey: parts.includes("Cmd"),
    shiftKey: parts.includes("Shift"),
    altKey: parts.includes("Alt"),
  };
}

describe("keys", () => {
  it("that bash, tmux and vim need stay theirs while a terminal has the keyboard", () => {
    for (const key of ["K", "P", "B", "W", "E", "C", "V", "F", "T", "L", "S", "1", "0", "\\"]) {
      expect(commandFor(stroke(`Ctrl ${key}`), "linux", "terminal")).toBeNull();
      expect(commandFor(stroke(`Ctrl ${key}`), "windows", "terminal")).toBeNull();
      expect(commandFor(stroke(`Ctrl ${key}`), "macos", "terminal")).toBeNull();
    }
    expect(commandFor(stroke("F1"), "linux", "terminal")).toBeNull();
    expect(commandFor(stroke("F1"), "linux", "app")).toBe("help");
    expect(commandFor(stroke("F5"), "linux", "terminal")).toBeNull();
    expect(commandFor(stroke("F11"), "linux", "terminal")).toBeNull();
    expect(commandFor(stroke("Ctrl Shift Alt K"), "linux", "terminal")).toBeNull();
  });

  it("with Ctrl and Shift are ours in a terminal", () => {
    const at = (text: string) => commandFor(stroke(text), "linux", "terminal");
    expect(at("Ctrl Shift K")).toBe("palette");
    expect(at("Ctrl Shift P")).toBe("quickConnect");
    expect(at("Ctrl Shift B")).toBe("toggleExplorer");
    expect(at("Ctrl Shift E")).toBe("focusExplorer");
    expect(at("Ctrl Shift W")).toBe("closeTab");
    expect(at("Ctrl Shift T")).toBe("newForward");
    expect(at("Ctrl Shift L")).toBe("tunnels");
    expect(at("Ctrl Shift S")).toBe("profiles");
    expect(at("Ctrl Shift C")).toBe("copy");
    expect(at("Ctrl Shift V")).toBe("paste");
    expect(at("Ctrl Shift F")).toBe("find");
    expect(at("Ctrl Shift 3")).toBe("tab3");
    expect(at("Ctrl Alt Home")).toBe("giveBack");
  });

  it("with Cmd are ours on macOS", () => {
    const at = (text: string) => commandFor(stroke(text), "macos", "terminal");
    expect(at("Cmd K")).toBe("palette");
    expect(at("Cmd C")).toBe("copy");
    expect(at("Cmd Shift E")).toBe("focusExplorer");
    expect(at("Cmd 9")).toBe("tab9");
  });

  it("of a desktop are two, and all others go to the VM", () => {
    const at = (text: string) => commandFor(stroke(text), "linux", "desktop");
    expect(at("Ctrl Alt Home")).toBe("giveBack");
    expect(at("Ctrl Alt Enter")).toBe("desktopFull");
    for (const key of ["Ctrl K", "Ctrl Shift K", "F11", "F5", "Ctrl 1", "Cmd K", "Ctrl Shift W"]) {
      expect(at(key), key).toBeNull();
    }
    expect(commandFor(stroke("Ctrl Alt Enter"), "linux", "terminal")).toBeNull();
    expect(commandFor(stroke("Cmd K"), "macos", "desktop")).toBeNull();
  });

  it("are plain outside a terminal", () => {
    const at = (text: string) => commandFor(stroke(text), "linux", "app");
    expect(at("Ctrl K")).toBe("palette");
    expect(at("Ctrl Shift K")).toBe("palette");
    expect(at("Ctrl \\")).toBe("split");
    expect(at("Ctrl 2")).toBe("tab2");
    expect(at("F5")).toBe("refresh");
    expect(at("F11")).toBe("fullScreen");
    expect(at("Ctrl C")).toBeNull();
    expect(at("K")).toBeNull();
  });

  it("go through the tabs from the app and from a terminal, and leave a desktop its own", () => {
    const next = { key: "PageDown", code: "PageDown", ctrlKey: true, metaKey: false, shiftKey: false, altKey: true };
    expect(commandFor(next, "linux", "app")).toBe("nextTab");
    expect(commandFor({ ...next, key: "PageUp" }, "linux", "terminal")).toBe("previousTab");
    expect(commandFor(next, "linux", "desktop")).toBeNull();
    expect(commandFor({ ...next, shiftKey: true }, "linux", "app")).toBe("tabRight");
    expect(commandFor({ ...next, key: "PageUp", shiftKey: true }, "linux", "terminal")).toBe("tabLeft");
    expect(commandFor({ ...next, shiftKey: true }, "linux", "desktop")).toBeNull();
    expect(keysOf("tabLeft", "linux")).toEqual(["Ctrl", "Alt", "Shift", "PgUp"]);
    const f2 = { ...next, key: "F2", code: "F2", ctrlKey: false, altKey: false };
    expect(commandFor(f2, "linux", "app")).toBe("rename");
    expect(commandFor(f2, "linux", "terminal")).toBeNull();
  });

  it("are found by their place where the layout has other letters", () => {
    expect(commandFor({ ...stroke("Ctrl K"), key: "л" }, "linux", "app")).toBe("palette");
    expect(commandFor({ ...stroke("Ctrl Shift K"), key: "|", code: "Backslash" }, "linux", "terminal")).toBe("split");
    expect(commandFor({ ...stroke("Ctrl Shift K"), key: "+", code: "Equal" }, "linux", "terminal")).toBe("fontLarger");
  });

  it("are shown as they are pressed", () => {
    expect(keysOf("palette", "linux")).toEqual(["Ctrl", "K"]);
    expect(keysOf("palette", "linux", "terminal")).toEqual(["Ctrl", "Shift", "K"]);
    expect(keysOf("explain", "linux")).toEqual(["Ctrl", "Shift", "Y"]);
    expect(keysOf("closeTab", "macos")).toEqual(["⌘", "⇧", "W"]);
    expect(keysOf("newForward", "linux", "terminal")).toEqual(["Ctrl", "Shift", "T"]);
    expect(keysOf("newForward", "macos", "terminal")).toEqual(["⌘", "⇧", "T"]);
    expect(keysOf("palette", "macos", "terminal")).toEqual(["⌘", "K"]);
    expect(keysOf("copy", "macos", "terminal")).toEqual(["⌘", "C"]);
    expect(keysOf("refresh", "linux")).toEqual(["F5"]);
  });
});

describe("chosen keys", () => {
  afterEach(() => chooseKeys({}));

  const at = (text: string, focus: Focus = "app") => commandFor(stroke(text), "linux", focus);

  it("hold in place of the usual ones", () => {
    chooseKeys({ palette: ["Ctrl+J"] });
    expect(at("Ctrl J")).toBe("palette");
    expect(at("Ctrl K")).toBeNull();
    expect(at("Ctrl Shift K", "terminal")).toBeNull();
    expect(keysOf("palette", "linux")).toEqual(["Ctrl", "J"]);
    expect(at("Ctrl P")).toBe("quickConnect");
  });

  it("are not taken from a terminal or a desktop that needs them", () => {
    chooseKeys({ palette: ["Ctrl+J"], tunnels: ["Ctrl+Shift+J"] });
    expect(at("Ctrl J", "terminal")).toBeNull();
    expect(keysOf("palette", "linux", "terminal")).toEqual([]);
    expect(at("Ctrl Shift J", "terminal")).toBe("tunnels");
    expect(at("Ctrl Shift J", "desktop")).toBeNull();
  });

  it("of a terminal are nobody's outside one, and none that it keeps", () => {
    for (const command of ["copy", "paste", "find", "selectAll", "clear", "fontLarger", "fontSmaller", "fontReset"] as const) {
      chooseKeys({ [command]: ["Ctrl+Shift+J"] });
      expect(at("Ctrl Shift J", "terminal"), command).toBe(command);
      expect(at("Ctrl Shift J", "app"), command).toBeNull();
      expect(at("Ctrl Shift J", "desktop"), command).toBeNull();
      expect(keysOf(command, "linux", "terminal"), command).toEqual(["Ctrl", "Shift", "J"]);
      expect(ownerOf(stroke("Ctrl Shift J"), "linux", "palette"), command).toBe(command);
      expect(unfit(command, "Ctrl+J"), command).toBe("terminal");
      expect(unfit(command, "F9"), command).toBe("terminal");
      expect(unfit(command, "J"), command).toBe("terminal");
      expect(unfit(command, "Ctrl+Shift+J"), command).toBeNull();
    }
  });

  it("leave the way back from a remote to it, whatever a file gives to others", () => {
    chooseKeys({ desktopFull: ["Ctrl+Alt+Home"], palette: ["Ctrl+Alt+Home"] });
    expect(commandFor(stroke("Ctrl Alt Home"), "linux", "desktop")).toBe("giveBack");
    expect(commandFor(stroke("Ctrl Alt Home"), "linux", "terminal")).toBe("giveBack");
    chooseKeys({ desktopFull: ["Ctrl+Alt+J"], giveBack: ["Ctrl+Alt+J"] });
    expect(commandFor(stroke("Ctrl Alt J"), "linux", "desktop")).toBe("giveBack");
  });

  it("leave a way back from a desktop", () => {
    expect(unfit("giveBack", "Ctrl+Shift+J")).toBe("remote");
    expect(unfit("giveBack", "Ctrl+Alt+J")).toBeNull();
    chooseKeys({ giveBack: ["Ctrl+Alt+J"] });
    expect(at("Ctrl Alt J", "desktop")).toBe("giveBack");
    expect(at("Ctrl Alt J", "terminal")).toBe("giveBack");
  });

  it("of tabs can be changed as any others", () => {
    chooseKeys({ tab1: ["Ctrl+Alt+Q"], palette: ["Ctrl+Shift+1"] });
    expect(at("Ctrl Alt Q")).toBe("tab1");
    expect(at("Ctrl Alt Q", "terminal")).toBe("tab1");
    expect(at("Ctrl 1")).toBeNull();
    // A digit is the key of that place, whatever Shift makes of it.
    expect(commandFor({ ...stroke("Ctrl Shift 1"), key: "!" }, "linux", "terminal")).toBe("palette");
    expect(at("Ctrl 2")).toBe("tab2");
    expect(keysOf("tab2", "linux")).toEqual(["Ctrl", "2"]);
    expect(keysOf("tab2", "linux", "terminal")).toEqual(["Ctrl", "Shift", "2"]);
    expect(keysOf("tab2", "macos", "terminal")).toEqual(["⌘", "2"]);
    expect(ownerOf(stroke("Ctrl 3"), "linux", "tunnels")).toBe("tab3");
  });

  it("can be given up, and nobody has them then", () => {
    chooseKeys({ palette: [], tab3: [], refresh: [] });
    expect(at("Ctrl K")).toBeNull();
    expect(at("Ctrl Shift K", "terminal")).toBeNull();
    expect(at("Ctrl 3")).toBeNull();
    expect(at("F5")).toBeNull();
    expect(keysOf("palette", "linux")).toEqual([]);
    expect(ownerOf(stroke("Ctrl K"), "linux", "tunnels")).toBeNull();
  });

  it("leave a way back from a remote even where their file says otherwise", () => {
    expect(canGiveUp("giveBack")).toBe(false);
    expect(canGiveUp("desktopFull")).toBe(true);
    for (const given of [[], ["Ctrl+Shift+J"]]) {
      chooseKeys({ giveBack: given, palette: ["Ctrl+J"] });
      expect(at("Ctrl Alt Home", "desktop")).toBe("giveBack");
      expect(at("Ctrl Alt Home", "terminal")).toBe("giveBack");
      expect(at("Ctrl J")).toBe("palette");
    }
  });

  it("need a modifier, and tell whose they are already", () => {
    expect(unfit("palette", "J")).toBe("plain");
    expect(unfit("palette", "Shift+J")).toBe("plain");
    expect(unfit("palette", "F9")).toBeNull();
    expect(ownerOf(stroke("Ctrl K"), "linux", "tunnels")).toBe("palette");
    expect(ownerOf(stroke("Ctrl K"), "linux", "palette")).toBeNull();
    expect(ownerOf(stroke("Ctrl Alt Enter"), "linux", "tunnels")).toBe("desktopFull");
    expect(ownerOf(stroke("Ctrl J"), "linux", "tunnels")).toBeNull();
  });
});
