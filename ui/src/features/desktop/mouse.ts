/** What the mouse, a pen or a finger does in a desktop's tab. */

import type { InputBatch } from "./batch";

/** Units of a wheel's notch. */
const NOTCH = 120;
/** CSS pixels that a notch scrolls, */
const PIXELS = 100;
/** and lines. */
const LINES = 3;

/** What of a wheel's event decides. */
export interface Turn {
  deltaX: number;
  deltaY: number;
  /** 0 pixels, 1 lines, 2 pages. */
  deltaMode: number;
  /** Older than the standard, but exact for wheels with notches: 120 for each, positive away from the person. */
  wheelDeltaX?: number;
  wheelDeltaY?: number;
}

/** Units in which a desktop counts the wheel: positive is away from the person, and to the right. */
export function unitsOf(turn: Turn): { vertical: number; horizontal: number } {
  return {
    vertical: along(-turn.deltaY, turn.deltaMode, turn.wheelDeltaY),
    horizontal: along(turn.deltaX, turn.deltaMode, turn.wheelDeltaX === undefined ? undefined : -turn.wheelDeltaX),
  };
}

function along(delta: number, mode: number, notches: number | undefined): number {
  if (!Number.isFinite(delta) || delta === 0) {
    return 0;
  }
  if (notches !== undefined && notches !== 0 && notches % NOTCH === 0) {
    return notches;
  }
  const notch = mode === 0 ? PIXELS : mode === 1 ? LINES : 1;
  return (delta * NOTCH) / notch;
}

/** Puts what the mouse does into a batch. */
export class DesktopMouse {
  #batch: InputBatch;
  #bits = 0;
  #vertical = 0;
  #horizontal = 0;

  constructor(batch: InputBatch) {
    this.#batch = batch;
  }

  /** The buttons that are down, as in `MouseEvent.buttons`. */
  get bits(): number {
    return this.#bits;
  }

  move(at: { x: number; y: number }): void {
    this.#batch.move(at.x, at.y);
  }

  /**
   * The buttons as an event has them, in `MouseEvent.buttons`: while one is down, others come and go without events
   * of their own.
   */
  buttons(bits: number): void {
    // Bit 0 left, 1 right, 2 middle, 3 back, 4 forward.
    [0, 2, 1, 3, 4].forEach((which, bit) => {
      const mask = 1 << bit;
      if (((bits ^ this.#bits) & mask) !== 0) {
        this.#batch.button(which, (bits & mask) === 0 ? "up" : "down");
      }
    });
    this.#bits = bits;
  }

  /** The wheel turned. Parts of a unit are kept for the next turn. */
  wheel(turn: Turn): void {
    const { vertical, horizontal } = unitsOf(turn);
    this.#vertical += vertical;
    this.#horizontal += horizontal;
    this.#batch.wheel("vertical", this.#vertical);
    this.#batch.wheel("horizontal", this.#horizontal);
    this.#vertical %= 1;
    this.#horizontal %= 1;
  }

  /** Lets every button go. */
  lose(): void {
    this.buttons(0);
    this.#vertical = 0;
    this.#horizontal = 0;
  }
}
