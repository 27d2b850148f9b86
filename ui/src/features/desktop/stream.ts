/**
 * The pictures and the input of one desktop. A picture message is asked for when there is a frame to paint it in, at
 * most two ahead and none while the tab is hidden: core merges meanwhile, and a slow screen sees fewer pictures.
 */

import type { DesktopSize } from "../../contract/DesktopSize";
import type { Backend } from "../../platform/backend";
import { Carrier, CARRIER_LIMITS, type Transport } from "../../platform/carrier";
import { inputFrame, keyboardFrame, nextFrame, seenFrame, sizeFrame, wholeFrame } from "./frame";
import { sameSize } from "./geometry";
import { type Message, readMessage } from "./message";

/** Shows messages, and says when it has. */
export interface Shows {
  take(message: Message, shown: () => void): void;
  /** No more come, until the stream is started again. */
  gaveUp(): void;
}

/** Bounds and waits, in bytes and milliseconds. */
export const LIMITS = {
  ...CARRIER_LIMITS,
  /** Picture messages that are asked for or not painted yet. */
  ahead: 2,
  /** Most bytes of input that wait to be sent: what is behind more is old when it arrives. */
  waiting: 64 * 1024,
};

export class DesktopStream {
  #carrier: Carrier;
  #shows: Shows;
  #size: DesktopSize | null;
  #seen: "seen" | "hidden";
  #keyboard: "here" | "elsewhere" = "elsewhere";
  /** Asked for over the socket, and not there yet. */
  #asked = 0;
  /** There, and not painted yet. */
  #unpainted = 0;
  /** Input was dropped: once there is room again, nothing may stay pressed. */
  #dropped = false;

  /** `size` is what to tell first, or `null` where the desktop keeps the size it has. */
  constructor(backend: Backend, id: string, shows: Shows, size: DesktopSize | null, seen: "seen" | "hidden") {
    this.#shows = shows;
    this.#size = size;
    this.#seen = seen;
    this.#carrier = new Carrier(backend, id, "desktop", {
      attaching: () => {},
      greeting: () => [
        ...(this.#size === null ? [] : [sizeFrame(this.#size)]),
        seenFrame(this.#seen),
        ...(this.#keyboard === "here" ? [keyboardFrame()] : []),
      ],
      attached: () => {
        this.#asked = 0;
        this.#ask();
      },
      heard: (message) => this.#heard(message),
      mayPull: () => this.#seen === "seen" && this.#unpainted < LIMITS.ahead,
      gaveUp: () => this.#shows.gaveUp(),
    });
  }

  get transport(): Transport {
    return this.#carrier.transport;
  }

  /** Attaches. Never rejects: a stream that cannot be had shows in the session's state. */
  start(): Promise<void> {
    return this.#carrier.start();
  }

  /** Sends batches of input. What cannot be sent now is dropped: it would come to another picture than was meant. */
  input(batches: readonly Uint8Array[]): void {
    if (!this.#carrier.open || this.#carrier.transport === "none" || this.#carrier.waiting > LIMITS.waiting) {
      this.#dropped ||= batches.length > 0;
      return;
    }
    if (this.#dropped) {
      this.#dropped = false;
      this.#carrier.send(inputFrame(RELEASE_ALL));
    }
    for (const batch of batches) {
      this.#carrier.send(inputFrame(batch));
    }
  }

  /** Tells what the tab has room for, where that is news. */
  resize(size: DesktopSize): void {
    if (!sameSize(this.#size, size)) {
      this.#size = size;
      this.#tell(sizeFrame(size));
    }
  }

  /** Tells whether the tab is seen. */
  see(seen: "seen" | "hidden"): void {
    if (this.#seen !== seen) {
      this.#seen = seen;
      this.#tell(seenFrame(seen));
      this.#ask();
      this.#carrier.room();
    }
  }

  /** The picture here is not the whole one. */
  whole(): void {
    this.#tell(wholeFrame());
  }

  /**
   * The tab has got the keyboard, or lost it: core is told at once, however much input waits and whether or not the
   * desktop takes any. That it has it is told by an attachment that comes later, too.
   */
  keyboard(is: "here" | "elsewhere"): void {
    if (this.#keyboard !== is) {
      this.#keyboard = is;
      this.#tell(is === "here" ? keyboardFrame() : inputFrame(RELEASE_ALL));
    }
  }

  /** The session is over: what is on the way is still painted, but nothing is attached again. */
  finish(): void {
    this.#carrier.finish();
  }

  dispose(): void {
    this.#carrier.dispose();
  }

  #tell(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#carrier.transport !== "none") {
      this.#carrier.send(frame);
    }
  }

  #heard(bytes: ArrayBuffer): "understood" | "malformed" {
    this.#asked = Math.max(0, this.#asked - 1);
    const message = readMessage(bytes);
    if (message === null) {
      return "malformed";
    }
    this.#unpainted += 1;
    this.#shows.take(message, () => {
      this.#unpainted -= 1;
      this.#ask();
      this.#carrier.room();
    });
    return "understood";
  }

  #ask(): void {
    // Over commands each pull asks by itself.
    while (
      this.#carrier.transport === "socket" &&
      this.#carrier.open &&
      this.#seen === "seen" &&
      this.#asked + this.#unpainted < LIMITS.ahead
    ) {
      this.#asked += 1;
      this.#carrier.send(nextFrame());
    }
  }
}

const RELEASE_ALL = Uint8Array.of(7);
