/**
 * The messages that go up a desktop's stream: first a kind, then what belongs to it
 * (`StreamTicket` in `crates/contract/src/command.rs`).
 */

import type { DesktopSize } from "../../contract/DesktopSize";

const INPUT = 0;
const NEXT = 1;
const SIZE = 2;
const SEEN = 3;
const WHOLE = 4;
const KEYBOARD = 5;

type Frame = Uint8Array<ArrayBuffer>;

/** A batch of input. */
export function inputFrame(batch: Uint8Array): Frame {
  const frame = new Uint8Array(batch.length + 1);
  frame[0] = INPUT;
  frame.set(batch, 1);
  return frame;
}

/** The next picture message is asked for. */
export function nextFrame(): Frame {
  return Uint8Array.of(NEXT);
}

/** The size that the tab has room for. */
export function sizeFrame({ width, height, scale }: DesktopSize): Frame {
  const frame = new Uint8Array(7);
  const view = new DataView(frame.buffer);
  frame[0] = SIZE;
  view.setUint16(1, width, true);
  view.setUint16(3, height, true);
  view.setUint16(5, scale, true);
  return frame;
}

/** Whether the tab is seen. */
export function seenFrame(seen: "seen" | "hidden"): Frame {
  return Uint8Array.of(SEEN, seen === "seen" ? 1 : 0);
}

/** The whole picture is wanted anew. */
export function wholeFrame(): Frame {
  return Uint8Array.of(WHOLE);
}

/** The tab has got the keyboard. */
export function keyboardFrame(): Frame {
  return Uint8Array.of(KEYBOARD);
}
