/** The canvas of a desktop: messages are painted in the browser's next frame, from their own bytes. */

import type { Pixels } from "./geometry";
import type { Message, Part, Pointer } from "./message";
import type { Shows } from "./stream";

export interface ScreenEvents {
  /** The picture has another size, or will have: it is laid out anew. */
  resized: () => void;
  pointer: (pointer: Pointer) => void;
  resizeUnavailable: () => void;
  /** What came belongs to a picture that is not here. */
  incomplete: () => void;
  /** The first picture is there. */
  painted: () => void;
  /** No more come. */
  gaveUp: () => void;
}

/** A `Shows` on a canvas. */
export class DesktopScreen implements Shows {
  readonly canvas: HTMLCanvasElement;
  #context: CanvasRenderingContext2D | null;
  #events: ScreenEvents;
  #queue: { message: Message; shown: () => void }[] = [];
  #frame: number | null = null;
  /** The size that the picture has by now; the old one is shown at it until the new one is there. */
  #size: Pixels | null = null;
  #painted = false;
  #asked = false;

  constructor(canvas: HTMLCanvasElement, events: ScreenEvents) {
    this.canvas = canvas;
    this.#events = events;
    this.#context = canvas.getContext("2d", { alpha: false });
  }

  /** Width and height of the picture; `null` until one was announced. */
  get size(): Pixels | null {
    return this.#size;
  }

  take(message: Message, shown: () => void): void {
    this.#queue.push({ message, shown });
    this.#frame ??= requestAnimationFrame(() => this.#paint());
  }

  gaveUp(): void {
    this.#events.gaveUp();
  }

  /** What was asked for an earlier attempt is not painted over a new one's picture. */
  clear(): void {
    this.#queue = [];
    this.#asked = false;
    this.#painted = false;
  }

  dispose(): void {
    this.clear();
    if (this.#frame !== null) {
      cancelAnimationFrame(this.#frame);
    }
  }

  #paint(): void {
    this.#frame = null;
    const queue = this.#queue;
    this.#queue = [];
    for (const { message } of queue) {
      this.#show(message);
    }
    for (const { shown } of queue) {
      shown();
    }
  }

  #show(message: Message): void {
    switch (message.kind) {
      case "frame":
        this.#draw(message);
        break;
      case "pointer":
        this.#events.pointer(message.pointer);
        break;
      case "resized":
        this.#becomes(message);
        break;
      case "resizeUnavailable":
        this.#events.resizeUnavailable();
        break;
      case "unknown":
        break;
    }
  }

  #draw({ full, width, height, parts }: Extract<Message, { kind: "frame" }>): void {
    const { canvas } = this;
    const other = canvas.width !== width || canvas.height !== height || !this.#painted;
    if (other) {
      if (!full) {
        // Asked for once: until it comes there may be more of these.
        if (!this.#asked) {
          this.#asked = true;
          this.#events.incomplete();
        }
        return;
      }
      canvas.width = width;
      canvas.height = height;
    }
    for (const part of parts) {
      this.#put(part);
    }
    this.#asked = false;
    this.#size = { width, height };
    if (other) {
      this.#events.resized();
    }
    if (!this.#painted) {
      this.#painted = true;
      this.#events.painted();
    }
  }

  #put({ x, y, width, height, pixels }: Part): void {
    this.#context?.putImageData(new ImageData(pixels, width, height), x, y);
  }

  #becomes({ width, height }: Pixels): void {
    if (this.#size?.width !== width || this.#size.height !== height) {
      this.#size = { width, height };
      this.#events.resized();
    }
  }
}
