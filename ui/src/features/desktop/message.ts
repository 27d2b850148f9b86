/**
 * The picture messages of a desktop (`crates/rdp/src/message.rs`): little-endian, a header of 24 bytes, entries of
 * 12 bytes, then the pixels of each. They come from a stranger's picture, so every size is checked before it is used.
 */

const MAGIC = 0x5041;
const VERSION = 1;
const HEADER = 24;
const ENTRY = 12;
const PIXEL = 4;

/** Largest width and height of a picture, */
export const MAX_SIDE = 8192;
/** its most pixels, */
export const MAX_PIXELS = 7680 * 4320;
/** and the most parts of a message: core merges more than 64 into one. */
export const MAX_PARTS = 1024;
/** Largest width and height of a pointer. */
export const MAX_POINTER = 384;

const FULL = 1;
const HIDDEN = 2;
const DEFAULT = 4;
const RESIZE_UNAVAILABLE = 1;

/** Pixels and where they belong; a view into the message, not a copy. */
export interface Part {
  x: number;
  y: number;
  width: number;
  height: number;
  /** Rows of RGBA, tightly packed. */
  pixels: Uint8ClampedArray<ArrayBuffer>;
}

/** A pointer's shape; `x` and `y` are its hot spot. */
export type Pointer = "hidden" | "default" | Part;

export type Message =
  | { kind: "frame"; full: boolean; width: number; height: number; parts: Part[] }
  | { kind: "pointer"; pointer: Pointer }
  /** The picture has another size; a full frame follows. */
  | { kind: "resized"; width: number; height: number }
  /** The server does not change the size of its picture. */
  | { kind: "resizeUnavailable" }
  /** Something that a newer core says. */
  | { kind: "unknown" };

/** Reads a message; `null` where it is none. */
export function readMessage(buffer: ArrayBuffer): Message | null {
  if (buffer.byteLength < HEADER) {
    return null;
  }
  const view = new DataView(buffer);
  if (view.getUint16(0, true) !== MAGIC || view.getUint8(2) !== VERSION) {
    return null;
  }
  const kind = view.getUint8(3);
  const flags = view.getUint16(4, true);
  const width = view.getUint16(16, true);
  const height = view.getUint16(18, true);
  const parts = readParts(buffer, view, view.getUint16(6, true));
  if (parts === null) {
    return null;
  }
  switch (kind) {
    case 1:
      return readFrame(flags, width, height, parts);
    case 2:
      return readPointer(flags, parts);
    case 3:
      return parts.length === 0 && bearable(width, height) ? { kind: "resized", width, height } : null;
    case 4:
      return { kind: flags === RESIZE_UNAVAILABLE ? "resizeUnavailable" : "unknown" };
    default:
      return null;
  }
}

function readParts(buffer: ArrayBuffer, view: DataView, count: number): Part[] | null {
  let at = HEADER + count * ENTRY;
  if (count > MAX_PARTS || at > buffer.byteLength) {
    return null;
  }
  const parts: Part[] = [];
  for (let entry = HEADER; entry < HEADER + count * ENTRY; entry += ENTRY) {
    const [width, height] = [view.getUint16(entry + 4, true), view.getUint16(entry + 6, true)];
    const length = view.getUint32(entry + 8, true);
    if (length === 0 || length !== width * height * PIXEL || length > buffer.byteLength - at) {
      return null;
    }
    parts.push({
      x: view.getUint16(entry, true),
      y: view.getUint16(entry + 2, true),
      width,
      height,
      pixels: new Uint8ClampedArray(buffer, at, length),
    });
    at += length;
  }
  return at === buffer.byteLength ? parts : null;
}

function readFrame(flags: number, width: number, height: number, parts: Part[]): Message | null {
  const outside = (part: Part) => part.x + part.width > width || part.y + part.height > height;
  const pixels = parts.reduce((sum, part) => sum + part.width * part.height, 0);
  // Parts do not lie over one another: more pixels than the picture has are a mistake.
  if (!bearable(width, height) || parts.some(outside) || pixels > width * height) {
    return null;
  }
  const full = (flags & FULL) !== 0;
  return full && pixels !== width * height ? null : { kind: "frame", full, width, height, parts };
}

function readPointer(flags: number, parts: Part[]): Message | null {
  if ((flags & (HIDDEN | DEFAULT)) !== 0) {
    return parts.length === 0 ? { kind: "pointer", pointer: (flags & HIDDEN) === 0 ? "default" : "hidden" } : null;
  }
  const [shape] = parts;
  return parts.length === 1 && shape !== undefined && shape.width <= MAX_POINTER && shape.height <= MAX_POINTER
    ? { kind: "pointer", pointer: shape }
    : null;
}

function bearable(width: number, height: number): boolean {
  return width > 0 && height > 0 && width <= MAX_SIDE && height <= MAX_SIDE && width * height <= MAX_PIXELS;
}
