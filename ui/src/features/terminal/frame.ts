/**
 * The messages that go up a terminal's stream: first a kind, then what belongs to it
 * (`StreamTicket` in `crates/contract/src/command.rs`).
 */

const INPUT = 0;
const DRAWN = 1;
const SIZE = 2;

/** Most bytes of input in one message. */
export const MAX_INPUT = 32 * 1024;

/** Input for the terminal, cut into messages. */
export function inputFrames(bytes: Uint8Array): Uint8Array<ArrayBuffer>[] {
  const frames: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; at += MAX_INPUT) {
    const part = bytes.subarray(at, at + MAX_INPUT);
    const frame = new Uint8Array(part.length + 1);
    frame[0] = INPUT;
    frame.set(part, 1);
    frames.push(frame);
  }
  return frames;
}

/** So many bytes were drawn since the last such message. */
export function drawnFrame(bytes: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5);
  frame[0] = DRAWN;
  new DataView(frame.buffer).setUint32(1, bytes);
  return frame;
}

/** The terminal's size in cells. */
export function sizeFrame(cols: number, rows: number): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(5);
  const view = new DataView(frame.buffer);
  frame[0] = SIZE;
  view.setUint16(1, Math.min(cols, 0xffff));
  view.setUint16(3, Math.min(rows, 0xffff));
  return frame;
}
