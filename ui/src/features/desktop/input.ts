/** The input of a desktop's tab: events of the page in, batches out. */

import type { Platform } from "../../contract/Platform";
import { InputBatch } from "./batch";
import { ALTGR_WITHIN, DesktopKeyboard } from "./keyboard";
import { DesktopMouse } from "./mouse";

export interface InputEvents {
  /** Batches to send, in order. */
  send: (batches: Uint8Array[]) => void;
  /** Whether the desktop takes input now. */
  takes: () => boolean;
  /** The pixel of the picture below an event. */
  pixelAt: (event: MouseEvent) => { x: number; y: number };
  /** The tab has got the keyboard, */
  gained: () => void;
  /** has lost it, */
  lost: () => void;
  /** and gives it back to the app. */
  giveBack: () => void;
  fullScreen: () => void;
}

export class DesktopInput {
  #batch = new InputBatch();
  #keyboard: DesktopKeyboard;
  #mouse = new DesktopMouse(this.#batch);
  #events: InputEvents;
  #frame: number | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  /** The pointer that is followed outside of the picture too, while a button is down. */
  #captured: { by: HTMLElement; pointer: number } | null = null;

  constructor(platform: Platform, events: InputEvents) {
    this.#keyboard = new DesktopKeyboard(this.#batch, platform);
    this.#events = events;
  }

  /** Presses keys that a person cannot. */
  chord(codes: readonly string[]): void {
    if (this.#events.takes()) {
      this.#keyboard.chord(codes);
      this.#flush();
    }
  }

  /** Everything that is down goes up. */
  lose(): void {
    const captured = this.#captured;
    this.#captured = null;
    if (captured?.by.hasPointerCapture(captured.pointer)) {
      captured.by.releasePointerCapture(captured.pointer);
    }
    this.#mouse.lose();
    this.#keyboard.lose();
    this.#flush();
  }

  /**
   * Hears the mouse on the picture and the keys of the field. The field is a real one, so that input methods work; it
   * goes where the mouse is, so that what they show does too.
   */
  attach(picture: HTMLElement, field: HTMLTextAreaElement): () => void {
    const controller = new AbortController();
    const { signal } = controller;
    const on = <K extends keyof HTMLElementEventMap>(
      element: HTMLElement,
      name: K,
      hear: (event: HTMLElementEventMap[K]) => void,
    ) => element.addEventListener(name, hear as EventListener, { signal, passive: false });

    on(picture, "pointerdown", (event) => {
      event.preventDefault();
      field.focus({ preventScroll: true });
      picture.setPointerCapture(event.pointerId);
      this.#captured = { by: picture, pointer: event.pointerId };
      this.#pointer(event, field);
    });
    on(picture, "pointermove", (event) => this.#pointer(event, field));
    on(picture, "pointerup", (event) => this.#pointer(event, field));
    on(picture, "pointercancel", () => this.#letGo());
    on(picture, "lostpointercapture", (event) => {
      if (event.buttons === 0) {
        this.#letGo();
      }
    });
    // What the browser would do with the middle and the outer buttons.
    on(picture, "mousedown", (event) => event.preventDefault());
    on(picture, "mouseup", (event) => event.preventDefault());
    on(picture, "auxclick", (event) => event.preventDefault());
    on(picture, "contextmenu", (event) => {
      event.preventDefault();
      event.stopPropagation();
    });
    on(picture, "wheel", (event) => {
      event.preventDefault();
      if (this.#events.takes()) {
        this.#keyboard.settle();
        this.#mouse.move(this.#events.pixelAt(event));
        this.#mouse.wheel(event);
        this.#soon();
      }
    });

    on(field, "keydown", (event) => this.#key(event));
    on(field, "keyup", (event) => this.#key(event));
    const composed = () => {
      const text = field.value;
      field.value = "";
      if (text !== "" && this.#events.takes()) {
        this.#keyboard.compose(text);
        this.#flush();
      }
    };
    on(field, "compositionend", composed);
    on(field, "input", (event) => {
      if (!(event as InputEvent).isComposing) {
        composed();
      }
    });
    on(field, "paste", (event) => event.preventDefault());
    on(field, "focus", () => this.#events.gained());
    const lost = () => {
      this.lose();
      this.#events.lost();
    };
    on(field, "blur", lost);
    window.addEventListener("blur", lost, { signal });
    return () => {
      controller.abort();
      if (this.#frame !== null) {
        cancelAnimationFrame(this.#frame);
      }
      if (this.#timer !== null) {
        clearTimeout(this.#timer);
      }
    };
  }

  #pointer(event: PointerEvent, field: HTMLTextAreaElement): void {
    if (!this.#events.takes() || !event.isPrimary) {
      return;
    }
    const pressed = event.type !== "pointermove" || event.buttons !== this.#mouse.bits;
    if (pressed) {
      this.#keyboard.settle();
      this.#keyboard.see(event);
    }
    this.#mouse.move(this.#events.pixelAt(event));
    this.#mouse.buttons(event.buttons);
    if (pressed) {
      field.style.left = `${event.clientX - (field.offsetParent?.getBoundingClientRect().left ?? 0)}px`;
      field.style.top = `${event.clientY - (field.offsetParent?.getBoundingClientRect().top ?? 0)}px`;
      this.#flush();
    } else {
      this.#soon();
    }
  }

  #letGo(): void {
    if (this.#mouse.bits !== 0) {
      this.#mouse.lose();
      this.#flush();
    }
  }

  #key(event: KeyboardEvent): void {
    if (!this.#events.takes()) {
      // There is no desktop now: the key is the page's.
      return;
    }
    const fate = this.#keyboard.stroke(event);
    if (fate === "compose") {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (fate !== "taken") {
      this.lose();
      this.#events[fate]();
      return;
    }
    if (this.#keyboard.holding) {
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#keyboard.settle();
        this.#flush();
      }, ALTGR_WITHIN);
    }
    this.#flush();
  }

  /** Once a frame is enough for where the mouse is. */
  #soon(): void {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#frame !== null) {
      cancelAnimationFrame(this.#frame);
      this.#frame = null;
    }
    const batches = this.#batch.take();
    if (batches.length > 0 && this.#events.takes()) {
      this.#events.send(batches);
    }
  }
}
