/**
 * The bytes of one terminal, both ways. What was drawn is counted back, so that core never has more than its window
 * on the way and a slow screen slows its own tab only.
 */

import type { Backend } from "../../platform/backend";
import { Carrier, CARRIER_LIMITS, type Transport } from "../../platform/carrier";
import { drawnFrame, inputFrames, sizeFrame } from "./frame";

/** Draws bytes, and says when it has. */
export interface Screen {
  write(bytes: Uint8Array, drawn: () => void): void;
  /** Whether what is written next was drawn before: what it asks of the terminal was answered then. */
  replaying(state: "begins" | "ended"): void;
}

/** Bounds and waits, in bytes and milliseconds. */
export const LIMITS = {
  ...CARRIER_LIMITS,
  /** Drawn bytes are told after so many, */
  drawnEvery: 128 * 1024,
  /** or after so long a rest. */
  drawnAfter: 40,
  /** Most bytes handed to the screen at once. */
  chunk: 64 * 1024,
  /** Pulling pauses while so many bytes are not drawn yet. */
  undrawn: 512 * 1024,
  /** Most bytes of input that wait to be sent. */
  waiting: 4 * 1024 * 1024,
};

export class TerminalStream {
  #carrier: Carrier;
  #screen: Screen;
  #size: { cols: number; rows: number };
  /** Bytes of the past that are still to be written. */
  #past = 0;
  #undrawn = 0;
  #drawn = 0;
  #drawnTimer: ReturnType<typeof setTimeout> | null = null;

  constructor(backend: Backend, id: string, screen: Screen, size: { cols: number; rows: number }, gaveUp: () => void = () => {}) {
    this.#screen = screen;
    this.#size = size;
    this.#carrier = new Carrier(backend, id, "terminal", {
      attaching: (replay) => this.#replay(replay),
      greeting: () => {
        // What was drawn for an earlier attachment is no news to this one.
        this.#drawn = 0;
        return [sizeFrame(this.#size.cols, this.#size.rows)];
      },
      attached: () => {},
      heard: (message) => {
        this.#draw(new Uint8Array(message));
        return "understood";
      },
      mayPull: () => this.#undrawn <= LIMITS.undrawn,
      gaveUp,
    });
  }

  get transport(): Transport {
    return this.#carrier.transport;
  }

  /** Attaches. Never rejects: a stream that cannot be had shows in the session's state. */
  start(): Promise<void> {
    return this.#carrier.start();
  }

  /** Sends input. `"full"` when more waits than may. */
  input(bytes: Uint8Array): "taken" | "full" {
    if (!this.#carrier.open) {
      return "taken";
    }
    if (this.#carrier.waiting + bytes.length > LIMITS.waiting) {
      return "full";
    }
    for (const frame of inputFrames(bytes)) {
      this.#carrier.send(frame);
    }
    return "taken";
  }

  /** Tells the size. */
  resize(cols: number, rows: number): void {
    this.#size = { cols, rows };
    if (this.#carrier.transport !== "none") {
      this.#carrier.send(sizeFrame(cols, rows));
    }
  }

  /** The session is over: what is on the way is still drawn, but nothing is attached again. */
  finish(): void {
    this.#carrier.finish();
  }

  dispose(): void {
    if (this.#drawnTimer !== null) {
      clearTimeout(this.#drawnTimer);
    }
    this.#carrier.dispose();
  }

  #draw(bytes: Uint8Array): void {
    const { epoch } = this.#carrier;
    for (let at = 0; at < bytes.length; ) {
      const past = this.#past;
      const chunk = bytes.subarray(at, at + (past > 0 ? Math.min(past, LIMITS.chunk) : LIMITS.chunk));
      at += chunk.length;
      this.#undrawn += chunk.length;
      this.#screen.write(chunk, () => this.#wasDrawn(chunk.length, epoch));
      if (past > 0) {
        this.#past -= chunk.length;
        if (this.#past === 0) {
          this.#screen.replaying("ended");
        }
      }
    }
  }

  #replay(bytes: number): void {
    if (this.#past > 0) {
      this.#screen.replaying("ended");
    }
    this.#past = bytes;
    if (bytes > 0) {
      this.#screen.replaying("begins");
    }
  }

  #wasDrawn(bytes: number, epoch: number): void {
    this.#undrawn -= bytes;
    this.#drawn += epoch === this.#carrier.epoch ? bytes : 0;
    if (this.#undrawn <= LIMITS.undrawn) {
      this.#carrier.room();
    }
    if (this.#drawn >= LIMITS.drawnEvery) {
      this.#tellDrawn();
    } else {
      this.#drawnTimer ??= setTimeout(() => this.#tellDrawn(), LIMITS.drawnAfter);
    }
  }

  #tellDrawn(): void {
    if (this.#drawnTimer !== null) {
      clearTimeout(this.#drawnTimer);
      this.#drawnTimer = null;
    }
    if (this.#drawn > 0 && this.#carrier.transport !== "none") {
      const drawn = this.#drawn;
      this.#drawn = 0;
      this.#carrier.send(drawnFrame(drawn));
    }
  }
}
