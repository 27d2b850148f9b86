/** Where a desktop's picture goes in its tab, and which of its pixels the mouse is at. */

import type { DesktopSize } from "../../contract/DesktopSize";
import type { DisplayMode } from "../../contract/DisplayMode";

/** Smallest width and height that a desktop can have. */
const MIN_SIDE = 200;
/** Largest width and height. */
const MAX_SIDE = 8192;

/** Width and height in pixels of the picture. */
export interface Pixels {
  width: number;
  height: number;
}

/** What the tab has room for. */
export interface Room {
  /** Width in physical pixels. */
  width: number;
  /** Height in physical pixels. */
  height: number;
  /** Physical pixels in a CSS pixel. */
  ratio: number;
}

/** Where the picture goes, in CSS pixels. */
export interface Place {
  left: number;
  top: number;
  width: number;
  height: number;
  /** Each pixel of the picture has one of the display to itself. */
  sharp: boolean;
}

/** Where the picture goes. */
export function placeOf(mode: DisplayMode, picture: Pixels, room: Room): Place {
  const { ratio } = room;
  const spare = { width: room.width - picture.width, height: room.height - picture.height };
  // A desktop has an even width: one that follows its tab may leave a column or two.
  const follows = spare.width >= 0 && spare.height >= 0 && spare.width < 4 && spare.height < 4;
  if (mode === "actual" || (mode === "follow" && follows)) {
    return {
      // On a whole physical pixel, or all of them would be smeared over two.
      left: Math.max(0, Math.floor(spare.width / 2)) / ratio,
      top: Math.max(0, Math.floor(spare.height / 2)) / ratio,
      width: picture.width / ratio,
      height: picture.height / ratio,
      sharp: true,
    };
  }
  const scale = Math.min(room.width / picture.width, room.height / picture.height);
  const width = Math.max(1, Math.round(picture.width * scale));
  const height = Math.max(1, Math.round(picture.height * scale));
  return {
    left: Math.floor((room.width - width) / 2) / ratio,
    top: Math.floor((room.height - height) / 2) / ratio,
    width: width / ratio,
    height: height / ratio,
    sharp: width === picture.width && height === picture.height,
  };
}

/** The pixel of the picture below a point, given in CSS pixels from the picture's own corner; the nearest one outside. */
export function pixelAt(place: Pick<Place, "width" | "height">, picture: Pixels, x: number, y: number): { x: number; y: number } {
  const along = (at: number, length: number, pixels: number) =>
    length <= 0 ? 0 : Math.max(0, Math.min(pixels - 1, Math.floor((at / length) * pixels)));
  return { x: along(x, place.width, picture.width), y: along(y, place.height, picture.height) };
}

/** The size that a desktop should have to fill the room: an even width, and the display's scale in percent. */
export function sizeFor(room: Room): DesktopSize {
  const side = (length: number) => Math.max(MIN_SIDE, Math.min(MAX_SIDE, Math.floor(length)));
  const width = side(room.width);
  return {
    width: width - (width % 2),
    height: side(room.height),
    scale: Math.max(100, Math.min(500, Math.round(room.ratio * 100))),
  };
}

/** Whether two sizes are the same. */
export function sameSize(one: DesktopSize | null, other: DesktopSize): boolean {
  return one !== null && one.width === other.width && one.height === other.height && one.scale === other.scale;
}
