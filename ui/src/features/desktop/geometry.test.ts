import { describe, expect, it } from "vitest";

import { cursorSize } from "./cursor";
import { pixelAt, placeOf, sameSize, sizeFor } from "./geometry";

const room = (width: number, height: number, ratio = 1) => ({ width, height, ratio });

describe("the place of a picture", () => {
  it("that follows its tab has a pixel of the display for each of its own, at any ratio", () => {
    for (const ratio of [1, 1.25, 1.5, 1.75, 2, 3]) {
      const place = placeOf("follow", { width: 1500, height: 901 }, room(1501, 901, ratio));
      expect(place.sharp).toBe(true);
      expect(place.width * ratio).toBeCloseTo(1500);
      expect(place.height * ratio).toBeCloseTo(901);
      expect(place.left * ratio).toBeCloseTo(0);
    }
  });

  it("that follows but has not come yet is scaled as a whole", () => {
    const place = placeOf("follow", { width: 1000, height: 500 }, room(500, 500));
    expect(place).toEqual({ left: 0, top: 125, width: 500, height: 250, sharp: false });
  });

  it("that is fitted keeps its shape and lies in the middle", () => {
    expect(placeOf("fit", { width: 1280, height: 800 }, room(640, 800, 2))).toEqual({
      left: 0,
      top: 100,
      width: 320,
      height: 200,
      sharp: false,
    });
    expect(placeOf("fit", { width: 100, height: 100 }, room(400, 200)).left).toBe(100);
    expect(placeOf("fit", { width: 400, height: 200 }, room(400, 200)).sharp).toBe(true);
  });

  it("of actual size begins on a whole physical pixel, and at the corner where it has no room", () => {
    const place = placeOf("actual", { width: 101, height: 51 }, room(200, 100, 1.5));
    expect(place.left * 1.5).toBeCloseTo(49);
    expect(place.top * 1.5).toBeCloseTo(24);
    expect(placeOf("actual", { width: 900, height: 900 }, room(200, 100, 1.5))).toMatchObject({ left: 0, top: 0 });
  });

  it("has a size even in no room at all", () => {
    const place = placeOf("fit", { width: 8192, height: 1 }, room(10, 10));
    expect(place.height).toBe(1);
  });
});

describe("the mouse", () => {
  it("is at the pixel below it", () => {
    const place = placeOf("actual", { width: 300, height: 200 }, room(300, 200, 1.5));
    expect(pixelAt(place, { width: 300, height: 200 }, 0, 0)).toEqual({ x: 0, y: 0 });
    expect(pixelAt(place, { width: 300, height: 200 }, 100.4, 66.8)).toEqual({ x: 150, y: 100 });
    expect(pixelAt({ width: 320, height: 200 }, { width: 1280, height: 800 }, 160.25, 100)).toEqual({ x: 641, y: 400 });
  });

  it("outside is at the nearest one", () => {
    const picture = { width: 300, height: 200 };
    expect(pixelAt(picture, picture, -5, 900)).toEqual({ x: 0, y: 199 });
    expect(pixelAt(picture, picture, 300, -1)).toEqual({ x: 299, y: 0 });
    expect(pixelAt({ width: 0, height: 0 }, picture, 10, 10)).toEqual({ x: 0, y: 0 });
  });
});

describe("the size to ask for", () => {
  it("is of physical pixels, with an even width, and tells the scale", () => {
    expect(sizeFor(room(1501, 901, 1.5))).toEqual({ width: 1500, height: 901, scale: 150 });
    expect(sizeFor(room(10, 10, 0.5))).toEqual({ width: 200, height: 200, scale: 100 });
    expect(sizeFor(room(99_999, 99_999, 9))).toEqual({ width: 8192, height: 8192, scale: 500 });
  });

  it("is told only when it is another", () => {
    const size = { width: 800, height: 600, scale: 100 };
    expect(sameSize(size, { ...size })).toBe(true);
    expect(sameSize(size, { ...size, scale: 125 })).toBe(false);
    expect(sameSize(null, size)).toBe(false);
  });
});

describe("a cursor", () => {
  it("has its own size in physical pixels, and its hot spot in CSS pixels", () => {
    expect(cursorSize({ x: 16, y: 8, width: 32, height: 32 }, 1)).toEqual({ width: 32, height: 32, x: 16, y: 8, resolution: 1 });
    expect(cursorSize({ x: 16, y: 8, width: 32, height: 32 }, 2)).toEqual({ width: 32, height: 32, x: 8, y: 4, resolution: 2 });
  });

  it("is made small enough for browsers", () => {
    expect(cursorSize({ x: 383, y: 0, width: 384, height: 192 }, 1)).toEqual({ width: 128, height: 64, x: 127, y: 0, resolution: 1 });
    expect(cursorSize({ x: 0, y: 0, width: 200, height: 200 }, 2)).toMatchObject({ width: 200, height: 200 });
  });

  it("with a hot spot outside has it at the edge", () => {
    expect(cursorSize({ x: 500, y: 31, width: 32, height: 32 }, 1)).toMatchObject({ x: 31, y: 31 });
  });
});
