/**
 * Input as it goes to core (`crates/rdp/src/input/read.rs`): events one after the other, in the order they happened,
 * with moves of the mouse that nothing came between merged into the last.
 */

/** Most bytes of a batch, */
export const MAX_BYTES = 4096;
/** and its most events. */
export const MAX_EVENTS = 512;
/** Most units of the wheel in one event: the protocol has 8 bits and a sign for them. */
export const MAX_WHEEL = 240;

const MOVE = 1;
const BUTTON = 2;
const WHEEL = 3;
const KEY = 4;
const CHARACTER = 5;
const LOCKS = 6;
const RELEASE_ALL = 7;

/** Keys that stay, as bits. */
export const SCROLL_LOCK = 1;
export const NUM_LOCK = 2;
export const CAPS_LOCK = 4;

export type Press = "down" | "up";
export type Axis = "vertical" | "horizontal";

export class InputBatch {
  #full: Uint8Array<ArrayBuffer>[] = [];
  #bytes = new Uint8Array(MAX_BYTES);
  #length = 0;
  #events = 0;
  /** Where the last event begins, if it is a move. */
  #move: number | null = null;

  get empty(): boolean {
    return this.#length === 0 && this.#full.length === 0;
  }

  /** The mouse is at a pixel of the picture. */
  move(x: number, y: number): void {
    if (this.#move === null) {
      this.#begin(5);
      this.#move = this.#length;
    } else {
      this.#length = this.#move;
    }
    this.#put(MOVE, x & 0xff, x >> 8, y & 0xff, y >> 8);
  }

  /** A button by its number in `MouseEvent.button`, 0 to 4. */
  button(which: number, press: Press): void {
    this.#begin(3);
    this.#put(BUTTON, which, press === "down" ? 1 : 0);
  }

  /** Whole units, 120 for a notch; positive is away from the person, and to the right. */
  wheel(axis: Axis, units: number): void {
    let rest = Math.trunc(units);
    while (rest !== 0) {
      const part = Math.max(-MAX_WHEEL, Math.min(MAX_WHEEL, rest));
      rest -= part;
      this.#begin(4);
      this.#put(WHEEL, axis === "horizontal" ? 1 : 0, part & 0xff, (part >> 8) & 0xff);
    }
  }

  /** A key by its `KeyboardEvent.code`. */
  key(code: string, press: Press): void {
    const name = new TextEncoder().encode(code);
    if (name.length > 0 && name.length <= 0xff) {
      this.#begin(3 + name.length);
      this.#put(KEY, press === "down" ? 1 : 0, name.length, ...name);
    }
  }

  /** Characters that no key stands for. */
  characters(text: string): void {
    for (const character of text) {
      const point = character.codePointAt(0) ?? 0;
      // Half of a pair is no character.
      if (point < 0xd800 || point > 0xdfff) {
        this.#begin(5);
        this.#put(CHARACTER, point & 0xff, (point >> 8) & 0xff, (point >> 16) & 0xff, 0);
      }
    }
  }

  /** Which of the keys that stay are on. */
  locks(bits: number): void {
    this.#begin(2);
    this.#put(LOCKS, bits);
  }

  /** The keyboard was lost: whatever is down goes up. */
  releaseAll(): void {
    this.#begin(1);
    this.#put(RELEASE_ALL);
  }

  /** What has come together, as batches in order. */
  take(): Uint8Array<ArrayBuffer>[] {
    const all = this.#full;
    if (this.#length > 0) {
      all.push(this.#bytes.slice(0, this.#length));
    }
    this.#full = [];
    this.#length = 0;
    this.#events = 0;
    this.#move = null;
    return all;
  }

  /** Room for one more event. */
  #begin(length: number): void {
    this.#move = null;
    if (this.#length + length > MAX_BYTES || this.#events === MAX_EVENTS) {
      this.#full.push(this.#bytes.slice(0, this.#length));
      this.#length = 0;
      this.#events = 0;
    }
    this.#events += 1;
  }

  #put(...bytes: number[]): void {
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}
