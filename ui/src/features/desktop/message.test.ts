import { describe, expect, it } from "vitest";

import { MAX_PARTS, readMessage } from "./message";

interface Entry {
  x: number;
  y: number;
  width: number;
  height: number;
  length?: number;
}

/** A message as core writes it; anything can be made wrong. */
function message(kind: number, flags: number, width: number, height: number, entries: Entry[], change?: (view: DataView) => void) {
  const pixels = entries.reduce((sum, entry) => sum + entry.width * entry.height * 4, 0);
  const buffer = new ArrayBuffer(24 + entries.length * 12 + pixels);
  const view = new DataView(buffer);
  view.setUint16(0, 0x5041, true);
  view.setUint8(2, 1);
  view.setUint8(3, kind);
  view.setUint16(4, flags, true);
  view.setUint16(6, entries.length, true);
  view.setUint16(16, width, true);
  view.setUint16(18, height, true);
  entries.forEach((entry, index) => {
    const at = 24 + index * 12;
    [entry.x, entry.y, entry.width, entry.height].forEach((value, place) => view.setUint16(at + place * 2, value, true));
    view.setUint32(at + 8, entry.length ?? entry.width * entry.height * 4, true);
  });
  for (let at = 24 + entries.length * 12; at < buffer.byteLength; at += 1) {
    view.setUint8(at, at % 251);
  }
  change?.(view);
  return buffer;
}

const whole = { x: 0, y: 0, width: 4, height: 3 };

describe("a frame", () => {
  it("is read as it was written, its pixels without a copy", () => {
    const buffer = message(1, 0, 8, 8, [
      { x: 1, y: 2, width: 2, height: 1 },
      { x: 7, y: 7, width: 1, height: 1 },
    ]);
    const read = readMessage(buffer);
    expect(read).toMatchObject({ kind: "frame", full: false, width: 8, height: 8 });
    const parts = read?.kind === "frame" ? read.parts : [];
    expect(parts.map(({ x, y, width, height }) => [x, y, width, height])).toEqual([
      [1, 2, 2, 1],
      [7, 7, 1, 1],
    ]);
    expect(parts.map(({ pixels }) => [pixels.buffer === buffer, pixels.byteOffset, pixels.length])).toEqual([
      [true, 48, 8],
      [true, 56, 4],
    ]);
  });

  it("that is full holds all of the picture", () => {
    expect(readMessage(message(1, 1, 4, 3, [whole]))).toMatchObject({ kind: "frame", full: true });
    expect(readMessage(message(1, 1, 4, 4, [whole]))).toBeNull();
  });

  it("with parts outside of the picture is none", () => {
    expect(readMessage(message(1, 0, 4, 3, [{ ...whole, x: 1 }]))).toBeNull();
    expect(readMessage(message(1, 0, 4, 3, [{ ...whole, y: 1 }]))).toBeNull();
    expect(readMessage(message(1, 0, 4, 3, [{ x: 0xffff, y: 0, width: 2, height: 1 }]))).toBeNull();
  });

  it("with more pixels than the picture has is none: its parts lie over one another", () => {
    expect(readMessage(message(1, 0, 4, 3, [whole, { x: 0, y: 0, width: 1, height: 1 }]))).toBeNull();
  });

  it("of a hostile size is none", () => {
    expect(readMessage(message(1, 0, 0, 3, []))).toBeNull();
    expect(readMessage(message(1, 0, 8193, 3, []))).toBeNull();
    expect(readMessage(message(1, 0, 8192, 8192, []))).toBeNull();
    expect(readMessage(message(1, 0, 7680, 4320, []))).not.toBeNull();
  });
});

describe("sums", () => {
  it("that are wrong make no message", () => {
    expect(readMessage(message(1, 1, 4, 3, [{ ...whole, length: 44 }]))).toBeNull();
    expect(readMessage(message(1, 1, 4, 3, [{ ...whole, length: 0xffff_ffff }]))).toBeNull();
    expect(readMessage(message(1, 0, 4, 3, [{ x: 0, y: 0, width: 0, height: 9 }]))).toBeNull();
    // Entries are announced that do not come.
    expect(readMessage(message(1, 1, 4, 3, [whole], (view) => view.setUint16(6, 2, true)))).toBeNull();
    expect(readMessage(message(1, 1, 4, 3, [whole], (view) => view.setUint16(6, 0, true)))).toBeNull();
    expect(readMessage(message(1, 1, 4, 3, [whole], (view) => view.setUint16(6, 0xffff, true)))).toBeNull();
  });

  it("of a message that was cut, or has something behind it, make none", () => {
    const buffer = message(1, 1, 4, 3, [whole]);
    for (let length = 0; length < buffer.byteLength; length += 1) {
      expect(readMessage(buffer.slice(0, length)), String(length)).toBeNull();
    }
    const longer = new Uint8Array(buffer.byteLength + 1);
    longer.set(new Uint8Array(buffer));
    expect(readMessage(longer.buffer)).toBeNull();
  });

  it("bound the count of parts", () => {
    const one = { x: 0, y: 0, width: 1, height: 1 };
    const many = (count: number) => Array.from({ length: count }, () => one);
    expect(readMessage(message(1, 0, 100, 100, many(MAX_PARTS)))).not.toBeNull();
    expect(readMessage(message(1, 0, 100, 100, many(MAX_PARTS + 1)))).toBeNull();
  });
});

describe("other messages", () => {
  it("are of this format and a known kind", () => {
    expect(readMessage(message(1, 1, 4, 3, [whole], (view) => view.setUint16(0, 0x4150, true)))).toBeNull();
    expect(readMessage(message(1, 1, 4, 3, [whole], (view) => view.setUint8(2, 2)))).toBeNull();
    expect(readMessage(message(9, 0, 4, 3, []))).toBeNull();
  });

  it("tell another size", () => {
    expect(readMessage(message(3, 0, 1920, 1080, []))).toEqual({ kind: "resized", width: 1920, height: 1080 });
    expect(readMessage(message(3, 0, 0, 1080, []))).toBeNull();
    expect(readMessage(message(3, 0, 4, 3, [whole]))).toBeNull();
  });

  it("tell the pointer", () => {
    expect(readMessage(message(2, 2, 4, 3, []))).toEqual({ kind: "pointer", pointer: "hidden" });
    expect(readMessage(message(2, 4, 4, 3, []))).toEqual({ kind: "pointer", pointer: "default" });
    expect(readMessage(message(2, 0, 4, 3, [{ x: 9, y: 8, width: 32, height: 32 }]))).toMatchObject({
      kind: "pointer",
      pointer: { x: 9, y: 8, width: 32, height: 32 },
    });
    expect(readMessage(message(2, 0, 4, 3, []))).toBeNull();
    expect(readMessage(message(2, 2, 4, 3, [whole]))).toBeNull();
    expect(readMessage(message(2, 0, 4, 3, [{ x: 0, y: 0, width: 385, height: 1 }]))).toBeNull();
  });

  it("tell that the size stays, and may tell what is not known here", () => {
    expect(readMessage(message(4, 1, 4, 3, []))).toEqual({ kind: "resizeUnavailable" });
    expect(readMessage(message(4, 77, 4, 3, []))).toEqual({ kind: "unknown" });
  });
});
