/** The server's pointer as a CSS cursor. */

import type { Pointer } from "./message";

/** Largest cursor that browsers take, in CSS pixels. */
const LARGEST = 128;

/** The part of a shape that is to be seen at such a ratio, and where its hot spot is. */
export interface CursorSize {
  /** Width and height of the bitmap to make. */
  width: number;
  height: number;
  /** The hot spot in CSS pixels. */
  x: number;
  y: number;
  /** Pixels of the bitmap in a CSS pixel. */
  resolution: number;
}

/**
 * A pointer is as many physical pixels as it has, like the picture it belongs to; one that is too large for browsers
 * is made smaller.
 */
export function cursorSize(shape: { x: number; y: number; width: number; height: number }, ratio: number): CursorSize {
  const scale = Math.min(1, (LARGEST * ratio) / Math.max(shape.width, shape.height));
  const width = Math.max(1, Math.floor(shape.width * scale));
  const height = Math.max(1, Math.floor(shape.height * scale));
  const along = (at: number, length: number) => Math.max(0, Math.min(Math.ceil(length / ratio) - 1, Math.floor((at * scale) / ratio)));
  return { width, height, x: along(shape.x, width), y: along(shape.y, height), resolution: ratio };
}

/** The value of `cursor`. `ratio`: physical pixels in a CSS pixel. */
export function cursorOf(pointer: Pointer, ratio: number): string {
  if (pointer === "hidden") {
    return "none";
  }
  if (pointer === "default") {
    return "default";
  }
  const size = cursorSize(pointer, ratio);
  const url = bitmapUrl(pointer, size);
  if (url === null) {
    return "default";
  }
  const at = `${size.x} ${size.y}`;
  const image = size.resolution === 1 ? `url(${url})` : `image-set(url(${url}) ${size.resolution}x)`;
  return `${image} ${at}, default`;
}

function bitmapUrl({ pixels, width, height }: Exclude<Pointer, string>, size: CursorSize): string | null {
  const whole = canvasOf(width, height);
  whole?.context.putImageData(new ImageData(pixels, width, height), 0, 0);
  if (whole === null || (size.width === width && size.height === height)) {
    return whole?.canvas.toDataURL("image/png") ?? null;
  }
  const small = canvasOf(size.width, size.height);
  small?.context.drawImage(whole.canvas, 0, 0, size.width, size.height);
  return small?.canvas.toDataURL("image/png") ?? null;
}

function canvasOf(width: number, height: number) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  return context === null ? null : { canvas, context };
}
