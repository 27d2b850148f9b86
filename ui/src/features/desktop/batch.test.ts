import { describe, expect, it } from "vitest";

import { InputBatch, MAX_BYTES, MAX_EVENTS } from "./batch";
import { DesktopMouse, unitsOf } from "./mouse";

const bytes = (batch: InputBatch) => batch.take().map((one) => Array.from(one));

describe("a batch", () => {
  it("is written as core reads it", () => {
    const batch = new InputBatch();
    batch.move(10, 256);
    batch.button(2, "down");
    batch.wheel("vertical", -120);
    batch.wheel("horizontal", 1);
    batch.key("KeyA", "down");
    batch.characters("ä😀");
    batch.locks(6);
    batch.releaseAll();
    expect(bytes(batch)).toEqual([
      [
        [1, 10, 0, 0, 1],
        [2, 2, 1],
        [3, 0, 0x88, 0xff],
        [3, 1, 1, 0],
        [4, 1, 4, 0x4b, 0x65, 0x79, 0x41],
        [5, 0xe4, 0, 0, 0],
        [5, 0x00, 0xf6, 0x01, 0],
        [6, 6],
        [7],
      ].flat(),
    ]);
    expect(bytes(batch)).toEqual([]);
  });

  it("keeps only the last of moves that nothing came between", () => {
    const batch = new InputBatch();
    batch.move(1, 1);
    batch.move(2, 2);
    batch.button(0, "down");
    batch.move(3, 3);
    batch.move(4, 4);
    expect(bytes(batch)).toEqual([[1, 2, 0, 2, 0, 2, 0, 1, 1, 4, 0, 4, 0]]);
    batch.move(5, 5);
    expect(bytes(batch)).toEqual([[1, 5, 0, 5, 0]]);
  });

  it("is cut where core takes no more, without losing an event", () => {
    const batch = new InputBatch();
    for (let at = 0; at < MAX_EVENTS + 5; at += 1) {
      batch.releaseAll();
    }
    expect(bytes(batch).map(({ length }) => length)).toEqual([MAX_EVENTS, 5]);
    const text = "x".repeat(2000);
    batch.characters(text);
    const parts = batch.take();
    expect(parts.every(({ length }) => length <= MAX_BYTES && length / 5 <= MAX_EVENTS)).toBe(true);
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(text.length * 5);
    for (let at = 0; at < 500; at += 1) {
      batch.key("BrowserFavorites", "down");
    }
    const keys = batch.take();
    expect(keys.length).toBe(3);
    expect(keys.every(({ length }) => length <= MAX_BYTES && length % 19 === 0)).toBe(true);
  });

  it("cuts long turns of the wheel", () => {
    const batch = new InputBatch();
    batch.wheel("vertical", 500);
    expect(bytes(batch)).toEqual([[3, 0, 240, 0, 3, 0, 240, 0, 3, 0, 20, 0]]);
  });

  it("leaves out what is no character and no key", () => {
    const batch = new InputBatch();
    batch.characters("\ud800");
    batch.key("", "down");
    batch.key("x".repeat(256), "down");
    expect(batch.empty).toBe(true);
  });
});

describe("the wheel", () => {
  it("is positive away from the person and to the right, in each of the modes", () => {
    expect(unitsOf({ deltaX: 0, deltaY: 100, deltaMode: 0 })).toEqual({ vertical: -120, horizontal: 0 });
    expect(unitsOf({ deltaX: 3, deltaY: -3, deltaMode: 1 })).toEqual({ vertical: 120, horizontal: 120 });
    expect(unitsOf({ deltaX: 0, deltaY: -1, deltaMode: 2 })).toEqual({ vertical: 120, horizontal: 0 });
  });

  it("with notches counts them, whatever a notch scrolls here", () => {
    expect(unitsOf({ deltaX: 0, deltaY: 53, deltaMode: 0, wheelDeltaX: 0, wheelDeltaY: -120 }).vertical).toBe(-120);
    expect(unitsOf({ deltaX: 40, deltaY: 0, deltaMode: 0, wheelDeltaX: -240, wheelDeltaY: 0 }).horizontal).toBe(240);
    expect(unitsOf({ deltaX: 0, deltaY: 5, deltaMode: 0, wheelDeltaX: 0, wheelDeltaY: -15 }).vertical).toBe(-6);
  });

  it("keeps parts of a unit for the next turn", () => {
    const batch = new InputBatch();
    const mouse = new DesktopMouse(batch);
    const turn = { deltaX: 0, deltaY: -0.5, deltaMode: 0 };
    mouse.wheel(turn);
    expect(batch.empty).toBe(true);
    mouse.wheel(turn);
    expect(bytes(batch)).toEqual([[3, 0, 1, 0]]);
    mouse.wheel({ deltaX: 0, deltaY: Number.NaN, deltaMode: 0 });
    expect(batch.empty).toBe(true);
  });
});

describe("the buttons", () => {
  it("come and go by their bits, the right one before the middle one", () => {
    const batch = new InputBatch();
    const mouse = new DesktopMouse(batch);
    mouse.buttons(1);
    mouse.buttons(3);
    mouse.buttons(2);
    mouse.buttons(4 | 8 | 16);
    expect(bytes(batch)).toEqual([
      [2, 0, 1, 2, 2, 1, 2, 0, 0, 2, 2, 0, 2, 1, 1, 2, 3, 1, 2, 4, 1],
    ]);
    mouse.lose();
    expect(bytes(batch)).toEqual([[2, 1, 0, 2, 3, 0, 2, 4, 0]]);
    mouse.lose();
    expect(batch.empty).toBe(true);
  });
});
