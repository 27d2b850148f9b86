import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Message, Part } from "./message";
import { DesktopScreen } from "./screen";

const part = (x: number, y: number, width: number, height: number): Part => ({
  x,
  y,
  width,
  height,
  pixels: new Uint8ClampedArray(width * height * 4),
});
const full = (width: number, height: number): Message => ({ kind: "frame", full: true, width, height, parts: [part(0, 0, width, height)] });
const some = (width: number, height: number): Message => ({ kind: "frame", full: false, width, height, parts: [part(1, 1, 1, 1)] });

function scene() {
  const told: string[] = [];
  const drawn: string[] = [];
  const canvas = document.createElement("canvas");
  canvas.getContext = (() => ({
    putImageData: (image: { width: number; height: number }, x: number, y: number) => drawn.push(`${image.width}x${image.height} at ${x},${y}`),
  })) as never;
  const screen: DesktopScreen = new DesktopScreen(canvas, {
    resized: () => told.push(`resized ${screen.size?.width}x${screen.size?.height} on ${canvas.width}x${canvas.height}`),
    pointer: (pointer) => told.push(`pointer ${typeof pointer === "string" ? pointer : "shape"}`),
    resizeUnavailable: () => told.push("resize unavailable"),
    incomplete: () => told.push("incomplete"),
    painted: () => told.push("painted"),
    gaveUp: () => told.push("gave up"),
  });
  return { screen, told, drawn, canvas };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["requestAnimationFrame", "cancelAnimationFrame"] });
  vi.stubGlobal(
    "ImageData",
    class {
      constructor(
        readonly data: Uint8ClampedArray,
        readonly width: number,
        readonly height: number,
      ) {}
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const frame = () => vi.advanceTimersToNextFrame();

describe("a desktop's canvas", () => {
  it("paints in the browser's next frame, and says so afterwards", () => {
    const { screen, told, drawn } = scene();
    let shown = 0;
    screen.take(full(8, 6), () => (shown += 1));
    screen.take(some(8, 6), () => (shown += 1));
    expect([shown, drawn]).toEqual([0, []]);
    frame();
    expect(shown).toBe(2);
    expect(drawn).toEqual(["8x6 at 0,0", "1x1 at 1,1"]);
    expect(told).toEqual(["resized 8x6 on 8x6", "painted"]);
  });

  it("keeps the old picture at the new size until the new one is there", () => {
    const { screen, told, canvas } = scene();
    screen.take(full(8, 6), () => {});
    screen.take({ kind: "resized", width: 20, height: 10 }, () => {});
    frame();
    expect([canvas.width, canvas.height]).toEqual([8, 6]);
    screen.take(full(20, 10), () => {});
    frame();
    expect([canvas.width, canvas.height]).toEqual([20, 10]);
    expect(told).toEqual(["resized 8x6 on 8x6", "painted", "resized 20x10 on 8x6", "resized 20x10 on 20x10"]);
  });

  it("does not paint parts of a picture that it has not, and asks for the whole once", () => {
    const { screen, told, drawn } = scene();
    screen.take(some(8, 6), () => {});
    screen.take(some(8, 6), () => {});
    frame();
    expect(drawn).toEqual([]);
    expect(told).toEqual(["incomplete"]);
    screen.take(full(8, 6), () => {});
    screen.take(some(9, 6), () => {});
    frame();
    expect(told).toEqual(["incomplete", "resized 8x6 on 8x6", "painted", "incomplete"]);
  });

  it("passes on what is no picture", () => {
    const { screen, told } = scene();
    screen.take({ kind: "pointer", pointer: "hidden" }, () => {});
    screen.take({ kind: "resizeUnavailable" }, () => {});
    screen.take({ kind: "unknown" }, () => {});
    frame();
    expect(told).toEqual(["pointer hidden", "resize unavailable"]);
  });

  it("paints nothing of an earlier attempt, and nothing once it is gone", () => {
    const { screen, drawn } = scene();
    screen.take(full(8, 6), () => {});
    screen.clear();
    frame();
    screen.take(full(8, 6), () => {});
    screen.dispose();
    frame();
    expect(drawn).toEqual([]);
  });
});
