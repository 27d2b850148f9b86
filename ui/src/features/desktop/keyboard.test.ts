import { describe, expect, it } from "vitest";

import type { Platform } from "../../contract/Platform";
import { chooseKeys } from "../window/keys";
import { ALTGR_WITHIN, DesktopKeyboard, type Stroke } from "./keyboard";
import type { InputBatch } from "./batch";

/** A batch that tells what was put into it. */
class Told {
  events: string[] = [];
  key(code: string, press: string) {
    this.events.push(`${press === "down" ? "+" : "-"}${code}`);
  }
  characters(text: string) {
    this.events.push(`"${text}"`);
  }
  locks(bits: number) {
    this.events.push(`locks ${bits}`);
  }
  releaseAll() {
    this.events.push("release");
  }
  take() {
    return this.events.splice(0);
  }
}

type With = Partial<Stroke> & { on?: string[] };

const stroke = (type: string, code: string, { on = [], ...change }: With = {}): Stroke => ({
  type,
  code,
  key: /^Key(.)$/.exec(code)?.[1]?.toLowerCase() ?? code,
  repeat: false,
  isComposing: false,
  keyCode: 0,
  timeStamp: 1000,
  ctrlKey: false,
  altKey: false,
  shiftKey: false,
  metaKey: false,
  getModifierState: (key) => on.includes(key),
  ...change,
});

function keyboard(platform: Platform = "linux") {
  const told = new Told();
  const keys = new DesktopKeyboard(told as unknown as InputBatch, platform);
  const down = (code: string, change?: With) => keys.stroke(stroke("keydown", code, change));
  const up = (code: string, change?: With) => keys.stroke(stroke("keyup", code, change));
  // What it says of the keys that stay before the first key is looked at by itself.
  keys.see(stroke("keydown", "", { on: ["NumLock"] }));
  told.take();
  const on = ["NumLock"];
  return { told, keys, down, up, on };
}

describe("keys", () => {
  it("travel by their place, and repeat", () => {
    const { told, down, up, on } = keyboard();
    expect(down("KeyQ", { key: "a", on })).toBe("taken");
    down("KeyQ", { key: "a", repeat: true, on });
    up("KeyQ", { on });
    up("KeyQ", { on });
    expect(told.take()).toEqual(["+KeyQ", "+KeyQ", "-KeyQ"]);
  });

  it("that are ours do not travel", () => {
    const { told, down } = keyboard();
    const held = { ctrlKey: true, altKey: true };
    expect(down("Home", { ...held, key: "Home" })).toBe("giveBack");
    expect(down("Enter", { ...held, key: "Enter" })).toBe("fullScreen");
    expect(down("NumpadEnter", { ...held, key: "Enter" })).toBe("fullScreen");
    expect(told.take()).toEqual([]);
    expect(down("Home", { ctrlKey: true, key: "Home", on: ["NumLock"] })).toBe("taken");
    expect(down("F11", { on: ["NumLock"] })).toBe("taken");
    expect(down("KeyK", { ctrlKey: true, on: ["NumLock"] })).toBe("taken");
  });

  it("that were chosen in place of ours are ours, and ours the desktop's", () => {
    const { down } = keyboard();
    const held = { ctrlKey: true, altKey: true };
    chooseKeys({ giveBack: ["Ctrl+Alt+J"] });
    expect(down("KeyJ", { ...held, key: "j" })).toBe("giveBack");
    expect(down("Home", { ...held, key: "Home" })).toBe("taken");
    chooseKeys({});
    expect(down("Home", { ...held, key: "Home" })).toBe("giveBack");
  });

  it("of an input method are its own", () => {
    const { told, keys, down, up } = keyboard();
    expect(down("KeyA", { isComposing: true })).toBe("compose");
    expect(down("KeyA", { keyCode: 229 })).toBe("compose");
    expect(down("KeyA", { key: "Process" })).toBe("compose");
    up("KeyA");
    expect(told.take()).toEqual([]);
    keys.compose("日本");
    expect(told.take()).toEqual(['"日本"']);
  });

  it("without a place are what they are named", () => {
    const { told, down, on } = keyboard();
    down("", { key: "é" });
    down("Unidentified", { key: "Enter", on });
    down("", { key: "Unidentified" });
    expect(told.take()).toEqual(['"é"', "+Enter"]);
  });

  it("that a person cannot press are pressed in order", () => {
    const { told, keys } = keyboard();
    keys.chord(["ControlLeft", "AltLeft", "Delete"]);
    expect(told.take()).toEqual(["+ControlLeft", "+AltLeft", "+Delete", "-Delete", "-AltLeft", "-ControlLeft"]);
  });

  it("all go up when the keyboard is lost, and none goes up twice", () => {
    const { told, keys, down, up, on } = keyboard();
    down("ShiftLeft", { shiftKey: true, on });
    keys.lose();
    up("ShiftLeft", { on });
    expect(told.take()).toEqual(["+ShiftLeft", "release"]);
  });
});

describe("keys that were not seen going up", () => {
  it("go up when an event has them no more", () => {
    const { told, down, on } = keyboard();
    down("ControlLeft", { ctrlKey: true, on });
    down("ShiftLeft", { ctrlKey: true, shiftKey: true, on });
    told.take();
    down("KeyA", { on });
    expect(told.take()).toEqual(["-ShiftLeft", "-ControlLeft", "+KeyA"]);
  });

  it("stay down where events cannot tell: AltGr, and Super on Linux", () => {
    const { told, down, on } = keyboard("linux");
    down("MetaLeft", { on });
    down("AltRight", { key: "AltGraph", on });
    down("KeyQ", { key: "@", on });
    expect(told.take()).toEqual(["+MetaLeft", "+AltRight", "+KeyQ"]);
  });

  it("under Cmd go up with it on macOS", () => {
    const { told, keys, down, up } = keyboard("macos");
    keys.see(stroke("keydown", ""));
    told.take();
    down("MetaLeft", { metaKey: true });
    down("KeyC", { metaKey: true });
    down("KeyV", { metaKey: true });
    up("MetaLeft");
    up("KeyC");
    expect(told.take()).toEqual(["+MetaLeft", "+KeyC", "+KeyV", "-KeyC", "-KeyV", "-MetaLeft"]);
  });
});

describe("AltGr on Windows", () => {
  it("is not doubled by the Ctrl that comes with it", () => {
    const { told, down, up, on } = keyboard("windows");
    const graph = ["AltGraph", ...on];
    down("ControlLeft", { ctrlKey: true, on });
    down("AltRight", { key: "AltGraph", on: graph });
    down("ControlLeft", { ctrlKey: true, repeat: true, on: graph });
    down("AltRight", { key: "AltGraph", repeat: true, on: graph });
    down("KeyQ", { key: "@", on: graph });
    up("KeyQ", { on: graph });
    up("ControlLeft", { on: graph });
    up("AltRight", { on });
    expect(told.take()).toEqual(["+AltRight", "+AltRight", "+KeyQ", "-KeyQ", "-AltRight"]);
  });

  it("leaves a Ctrl that a person pressed alone", () => {
    const { told, keys, down, up, on } = keyboard("windows");
    down("ControlLeft", { ctrlKey: true, on });
    expect(keys.holding).toBe(true);
    down("KeyC", { ctrlKey: true, on });
    up("KeyC", { ctrlKey: true, on });
    up("ControlLeft", { on });
    expect(told.take()).toEqual(["+ControlLeft", "+KeyC", "-KeyC", "-ControlLeft"]);
    down("ControlLeft", { ctrlKey: true, on });
    up("ControlLeft", { on });
    expect(told.take()).toEqual(["+ControlLeft", "-ControlLeft"]);
    down("ControlLeft", { ctrlKey: true, on });
    keys.settle();
    down("AltRight", { ctrlKey: true, altKey: true, timeStamp: 1000 + ALTGR_WITHIN, on });
    expect(told.take()).toEqual(["+ControlLeft", "+AltRight"]);
  });
});

describe("keys that stay", () => {
  it("are told when they differ, and once", () => {
    const { told, keys, down } = keyboard();
    down("KeyA", { on: ["NumLock", "CapsLock"] });
    down("KeyB", { on: ["NumLock", "CapsLock"] });
    expect(told.take()).toEqual(["locks 6", "+KeyA", "+KeyB"]);
    keys.lose();
    keys.see(stroke("keydown", "", { on: ["NumLock", "CapsLock"] }));
    expect(told.take()).toEqual(["release", "locks 6"]);
  });

  it("are pressed there too, and looked at anew afterwards", () => {
    const { told, down, up } = keyboard();
    down("CapsLock", { on: ["NumLock"] });
    up("CapsLock", { on: ["NumLock", "CapsLock"] });
    down("KeyA", { on: ["NumLock", "CapsLock"] });
    expect(told.take()).toEqual(["+CapsLock", "-CapsLock", "locks 6", "+KeyA"]);
  });

  it("are on for the digits of a Mac, and of a keypad where the browser does not tell", () => {
    const told = new Told();
    const mac = new DesktopKeyboard(told as unknown as InputBatch, "macos");
    mac.stroke(stroke("keydown", "KeyA"));
    expect(told.take()).toEqual(["locks 2", "+KeyA"]);
    const quiet = new DesktopKeyboard(told as unknown as InputBatch, "linux");
    quiet.stroke(stroke("keydown", "Numpad7", { key: "7" }));
    expect(told.take()).toEqual(["locks 2", "+Numpad7"]);
    quiet.stroke(stroke("keydown", "Numpad7", { key: "Home" }));
    expect(told.take()).toEqual(["locks 0", "+Numpad7"]);
  });
});
