/**
 * A desktop behind a stream that behaves as that of a real one does (`StreamTicket`): it paints what it hears, so
 * that a person can see whether the mouse and the keys arrive.
 */

import type { DesktopSize } from "../../contract/DesktopSize";
import type { StreamSocket } from "../backend";
import { paintDesktop, pointerShape, type Seen } from "./desktopPaint";

/** How long a wish for another size has to stay the last one, in milliseconds. */
const SETTLED = 250;
/** How often something moves there. */
const TICK = 500;

export interface DesktopWays {
  /** Whether it changes the size of its picture. */
  size: "follows" | "fixed";
  /** Somebody chose to sign out there. */
  onSignOut: () => void;
}

/** The desktop itself: what it hears, and the messages that it has to tell. */
export class DemoDesktop {
  #ways: DesktopWays;
  #canvas: HTMLCanvasElement;
  #seen: Seen;
  #wish: ReturnType<typeof setTimeout> | null = null;
  #tick: ReturnType<typeof setInterval> | null = null;
  #told: ArrayBuffer[] = [];
  #dirty = true;
  #whole = true;
  #pointer = "";
  #sequence = 0;
  #waiting: ((message: ArrayBuffer) => void)[] = [];

  constructor(vm: string, size: DesktopSize, ways: DesktopWays) {
    this.#ways = ways;
    this.#canvas = document.createElement("canvas");
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    this.#seen = { vm, scale: size.scale / 100, x: 0, y: 0, buttons: [], wheel: 0, keys: [], text: "", locks: 0, clipboard: 0 };
  }

  /** A new page hears everything from the beginning. */
  attach(): void {
    this.#told = [];
    this.#waiting = [];
    this.#whole = true;
    this.#dirty = true;
    this.#pointer = "";
    this.#tick ??= setInterval(() => {
      this.#dirty = true;
      this.#answer();
    }, TICK);
  }

  leave(): void {
    if (this.#tick !== null) {
      clearInterval(this.#tick);
      this.#tick = null;
    }
  }

  /** The next message, once there is one. */
  next(): Promise<ArrayBuffer> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#answer();
    });
  }

  /** A message from the page. */
  hear(frame: Uint8Array): void {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    switch (frame[0]) {
      case 0:
        this.#input(frame.subarray(1));
        break;
      case 2:
        this.#resize(view.getUint16(1, true), view.getUint16(3, true), view.getUint16(5, true) / 100);
        break;
      case 4:
        this.#whole = true;
        break;
      case 5:
        this.#seen.clipboard += 1;
        break;
      default:
        break;
    }
    this.#dirty = true;
    this.#answer();
  }

  /** As if the text came from the keyboard. */
  type(text: string): void {
    this.#seen.text = `${this.#seen.text}${text}`.slice(-200);
    this.#dirty = true;
    this.#answer();
  }

  #resize(width: number, height: number, scale: number): void {
    if (this.#wish !== null) {
      clearTimeout(this.#wish);
    }
    this.#wish = setTimeout(() => {
      const same = this.#canvas.width === width && this.#canvas.height === height;
      if (this.#ways.size === "fixed") {
        if (!same) {
          this.#told.push(this.#message(4, 1, []));
        }
      } else if (!same) {
        this.#canvas.width = width;
        this.#canvas.height = height;
        this.#seen.scale = scale;
        this.#told.push(this.#message(3, 0, []));
        this.#whole = true;
        this.#dirty = true;
      }
      this.#answer();
    }, SETTLED);
  }

  #input(batch: Uint8Array): void {
    const seen = this.#seen;
    const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
    let at = 0;
    while (at < batch.length) {
      switch (batch[at]) {
        case 1:
          seen.x = view.getUint16(at + 1, true);
          seen.y = view.getUint16(at + 3, true);
          at += 5;
          break;
        case 2: {
          const which = batch[at + 1] ?? 0;
          seen.buttons = batch[at + 2] === 1 ? [...seen.buttons, which] : seen.buttons.filter((button) => button !== which);
          at += 3;
          break;
        }
        case 3:
          seen.wheel += batch[at + 1] === 0 ? view.getInt16(at + 2, true) : 0;
          at += 4;
          break;
        case 4: {
          const length = batch[at + 2] ?? 0;
          this.#key(new TextDecoder().decode(batch.subarray(at + 3, at + 3 + length)), batch[at + 1] === 1);
          at += 3 + length;
          break;
        }
        case 5:
          this.type(String.fromCodePoint(view.getUint32(at + 1, true)));
          at += 5;
          break;
        case 6:
          seen.locks = batch[at + 1] ?? 0;
          at += 2;
          break;
        default:
          seen.keys = [];
          seen.buttons = [];
          at += 1;
      }
    }
  }

  #key(code: string, down: boolean): void {
    const { keys } = this.#seen;
    if (!down) {
      this.#seen.keys = keys.filter((key) => key !== code);
      return;
    }
    this.#seen.keys = keys.includes(code) ? keys : [...keys, code];
    if (keys.includes("AltLeft") && code === "F4") {
      this.#ways.onSignOut();
    }
    const letter = /^(?:Key|Digit)(.)$/.exec(code)?.[1]?.toLowerCase();
    if (letter !== undefined) {
      this.type(letter);
    } else if (code === "Space") {
      this.type(" ");
    } else if (code === "Backspace") {
      this.#seen.text = this.#seen.text.slice(0, -1);
    }
  }

  #answer(): void {
    while (this.#waiting.length > 0) {
      const message = this.#take();
      if (message === null) {
        return;
      }
      this.#waiting.shift()?.(message);
    }
  }

  #take(): ArrayBuffer | null {
    const told = this.#told.shift();
    if (told !== undefined) {
      return told;
    }
    if (this.#dirty) {
      return this.#frame();
    }
    const { name, flags, shape } = pointerShape(this.#seen, this.#canvas.width, this.#canvas.height);
    if (name !== this.#pointer) {
      this.#pointer = name;
      return this.#message(2, flags, shape === null ? [] : [shape]);
    }
    return null;
  }

  /** The whole picture, or what changes of it: where the mouse is told, and the clock. */
  #frame(): ArrayBuffer {
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    const { width, height } = this.#canvas;
    this.#dirty = false;
    if (context === null) {
      return this.#message(4, 0, []);
    }
    const changed = paintDesktop(context, this.#seen);
    const whole = this.#whole;
    this.#whole = false;
    const parts = (whole ? [{ x: 0, y: 0, width, height }] : changed).map(({ x, y, width, height }) => ({
      x,
      y,
      width,
      height,
      pixels: context.getImageData(x, y, width, height).data,
    }));
    return this.#message(1, whole ? 1 : 0, parts);
  }

  #message(
    kind: number,
    flags: number,
    parts: { x: number; y: number; width: number; height: number; pixels: Uint8ClampedArray }[],
  ): ArrayBuffer {
    const pixels = parts.reduce((sum, part) => sum + part.pixels.length, 0);
    const bytes = new Uint8Array(24 + parts.length * 12 + pixels);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, 0x5041, true);
    view.setUint8(2, 1);
    view.setUint8(3, kind);
    view.setUint16(4, flags, true);
    view.setUint16(6, parts.length, true);
    view.setUint32(12, this.#sequence, true);
    this.#sequence += 1;
    view.setUint16(16, this.#canvas.width, true);
    view.setUint16(18, this.#canvas.height, true);
    let at = 24 + parts.length * 12;
    parts.forEach((part, index) => {
      const entry = 24 + index * 12;
      view.setUint16(entry, part.x, true);
      view.setUint16(entry + 2, part.y, true);
      view.setUint16(entry + 4, part.width, true);
      view.setUint16(entry + 6, part.height, true);
      view.setUint32(entry + 8, part.pixels.length, true);
      bytes.set(part.pixels, at);
      at += part.pixels.length;
    });
    return bytes.buffer;
  }
}

/** Its stream over a socket: each message that is asked for comes once. */
export class DemoDesktopSocket implements StreamSocket {
  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: (() => void) | null = null;
  #desktop: DemoDesktop;

  constructor(desktop: DemoDesktop) {
    this.#desktop = desktop;
    setTimeout(() => {
      desktop.attach();
      this.onopen?.();
    }, 10);
  }

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (typeof data === "string") {
      return;
    }
    if (data[0] === 1) {
      void this.#desktop.next().then((message) => this.onmessage?.({ data: message }));
    } else {
      this.#desktop.hear(data);
    }
  }

  close(): void {
    this.#desktop.leave();
  }
}
