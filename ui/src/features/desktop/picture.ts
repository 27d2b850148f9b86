/** A desktop on the page: its stream, its canvas and its input, laid out in the room of its tab. */

import type { DesktopSize } from "../../contract/DesktopSize";
import type { DisplayMode } from "../../contract/DisplayMode";
import type { Platform } from "../../contract/Platform";
import type { Backend } from "../../platform/backend";
import { cursorOf } from "./cursor";
import { type Place, pixelAt, placeOf, type Room, sizeFor } from "./geometry";
import { DesktopInput } from "./input";
import type { Pointer } from "./message";
import { DesktopScreen } from "./screen";
import { DesktopStream } from "./stream";

export interface PictureEvents {
  /** The server does not change the size of its picture. */
  fixed: () => void;
  /** The tab has got the keyboard, or lost it. */
  keyboard: (is: "here" | "elsewhere") => void;
  giveBack: () => void;
  fullScreen: () => void;
  /** What the tab has room for. */
  room: (size: DesktopSize) => void;
  /** A picture is there, or no more come. */
  painting: (is: "painted" | "gave up") => void;
}

/** How it is shown. */
export interface Shown {
  mode: DisplayMode;
  fixed: boolean;
  /** Whether the tab is in front. */
  visible: boolean;
  /** Whether the desktop takes input. */
  takes: boolean;
}

interface Elements {
  room: HTMLElement;
  canvas: HTMLCanvasElement;
  field: HTMLTextAreaElement;
}

export class DesktopPicture {
  #of: { backend: Backend; id: string; platform: Platform };
  #elements: Elements;
  #events: PictureEvents;
  #screen: DesktopScreen;
  #input: DesktopInput;
  #stream: DesktopStream | null = null;
  #attempt: number | null = null;
  #shown: Shown = { mode: "follow", fixed: false, visible: false, takes: false };
  #room: Room | null = null;
  #place: Place | null = null;
  #pointer: Pointer = "default";
  #leave: (() => void)[] = [];

  constructor(of: { backend: Backend; id: string; platform: Platform }, elements: Elements, events: PictureEvents) {
    this.#of = of;
    this.#elements = elements;
    this.#events = events;
    this.#screen = new DesktopScreen(elements.canvas, {
      resized: () => this.#layOut(),
      pointer: (pointer) => {
        this.#pointer = pointer;
        this.#point();
      },
      resizeUnavailable: () => events.fixed(),
      incomplete: () => this.#stream?.whole(),
      painted: () => {
        elements.canvas.dataset["painted"] = "";
        events.painting("painted");
      },
      gaveUp: () => events.painting("gave up"),
    });
    this.#input = new DesktopInput(of.platform, {
      send: (batches) => this.#stream?.input(batches),
      takes: () => this.#shown.takes,
      pixelAt: (event) => this.#pixelAt(event),
      gained: () => this.#gained(),
      lost: () => {
        this.#stream?.keyboard("elsewhere");
        events.keyboard("elsewhere");
      },
      giveBack: () => events.giveBack(),
      fullScreen: () => events.fullScreen(),
    });
    this.#leave.push(this.#input.attach(elements.canvas, elements.field), this.#watchRoom());
    const seen = () => this.#see();
    document.addEventListener("visibilitychange", seen);
    this.#leave.push(() => document.removeEventListener("visibilitychange", seen));
  }

  focus(): void {
    this.#elements.field.focus({ preventScroll: true });
  }

  chord(codes: readonly string[]): void {
    this.#input.chord(codes);
  }

  show(shown: Shown): void {
    const before = this.#shown;
    if (before.takes && before.visible && !(shown.takes && shown.visible)) {
      // A field that is taken off the page does not always say that it lost the keyboard.
      this.#input.lose();
      this.#stream?.keyboard("elsewhere");
      this.#events.keyboard("elsewhere");
    }
    this.#shown = shown;
    this.#layOut();
    this.#tellRoom();
    this.#see();
    if (!(before.takes && before.visible) && this.#hasKeyboard()) {
      // The field may have kept the focus, and says nothing of it then.
      this.#gained();
    }
  }

  /** One stream for each time that the session comes to be live. */
  attach(attempt: number): void {
    if (this.#attempt === attempt) {
      return;
    }
    this.#attempt = attempt;
    this.#stream?.dispose();
    this.#screen.clear();
    this.#stream = new DesktopStream(this.#of.backend, this.#of.id, this.#screen, this.#wanted(), this.#seen());
    this.#stream.keyboard(this.#hasKeyboard() ? "here" : "elsewhere");
    void this.#stream.start();
  }

  /** Fetches pictures once more, after it was given up. */
  again(): void {
    void this.#stream?.start();
  }

  /** What was live is over. */
  finish(): void {
    this.#attempt = null;
    this.#stream?.finish();
  }

  /** Tells core the size of the tab, also where the desktop does not follow it. */
  tellSize(): void {
    if (this.#room !== null) {
      this.#stream?.resize(sizeFor(this.#room));
    }
  }

  dispose(): void {
    for (const leave of this.#leave) {
      leave();
    }
    this.#stream?.dispose();
    this.#screen.dispose();
  }

  #gained(): void {
    this.#stream?.keyboard("here");
    this.#events.keyboard("here");
  }

  /** Whether what is typed now goes to the desktop. A field has the focus of its page in a window behind others too. */
  #hasKeyboard(): boolean {
    const { takes, visible } = this.#shown;
    return takes && visible && document.hasFocus() && document.activeElement === this.#elements.field;
  }

  #seen(): "seen" | "hidden" {
    return this.#shown.visible && document.visibilityState === "visible" ? "seen" : "hidden";
  }

  #see(): void {
    this.#stream?.see(this.#seen());
  }

  /** The size to ask for; `null` where the desktop keeps its own. */
  #wanted(): DesktopSize | null {
    return this.#room === null || this.#shown.mode !== "follow" || this.#shown.fixed ? null : sizeFor(this.#room);
  }

  #tellRoom(): void {
    const size = this.#wanted();
    if (size !== null && this.#shown.visible && this.#shown.takes) {
      this.#stream?.resize(size);
    }
  }

  /** Measures the room whenever it changes, in physical pixels: also when only their ratio does. */
  #watchRoom(): () => void {
    const { room } = this.#elements;
    const measured = (width: number, height: number) => {
      // A hidden tab has no room, and is shown again as it was.
      if (width > 0 && height > 0) {
        this.#room = { width, height, ratio: window.devicePixelRatio };
        this.#events.room(sizeFor(this.#room));
        this.#layOut();
        this.#point();
        this.#tellRoom();
      }
    };
    const observer = new ResizeObserver(([entry]) => {
      const [physical] = entry?.devicePixelContentBoxSize ?? [];
      measured(
        exact(physical?.inlineSize, room.clientWidth * window.devicePixelRatio),
        exact(physical?.blockSize, room.clientHeight * window.devicePixelRatio),
      );
    });
    try {
      observer.observe(room, { box: "device-pixel-content-box" });
    } catch {
      // WebKit does not know this box.
      observer.observe(room);
    }
    let media: MediaQueryList | null = null;
    const ratioChanged = () => {
      media?.removeEventListener("change", ratioChanged);
      media = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
      media.addEventListener("change", ratioChanged);
      measured(Math.round(room.clientWidth * window.devicePixelRatio), Math.round(room.clientHeight * window.devicePixelRatio));
    };
    ratioChanged();
    return () => {
      observer.disconnect();
      media?.removeEventListener("change", ratioChanged);
    };
  }

  #layOut(): void {
    const { size } = this.#screen;
    if (size === null || this.#room === null) {
      return;
    }
    const { mode, fixed, takes } = this.#shown;
    // A bar that says what happened takes room for a while: the last picture stays where it is.
    const follows = takes ? mode : "actual";
    this.#place = placeOf(mode !== "follow" ? mode : fixed ? "fit" : follows, size, this.#room);
    const { canvas } = this.#elements;
    Object.assign(canvas.style, {
      left: `${this.#place.left}px`,
      top: `${this.#place.top}px`,
      width: `${this.#place.width}px`,
      height: `${this.#place.height}px`,
    });
    // A picture of another size is on the canvas until the new one has come.
    const own = canvas.width === size.width && canvas.height === size.height;
    canvas.dataset["sharp"] = this.#place.sharp && own ? "yes" : "no";
  }

  #pixelAt(event: MouseEvent): { x: number; y: number } {
    const box = this.#elements.canvas.getBoundingClientRect();
    return pixelAt(box, this.#screen.size ?? { width: 1, height: 1 }, event.clientX - box.left, event.clientY - box.top);
  }

  #point(): void {
    const value = cursorOf(this.#pointer, window.devicePixelRatio);
    this.#elements.canvas.style.cursor = CSS.supports("cursor", value) ? value : "default";
  }
}

/** A length as the browser measured it, if it is the computed one but for rounding: not all of them measure it right. */
function exact(measured: number | undefined, computed: number): number {
  return measured !== undefined && Math.abs(measured - computed) < 2 ? measured : Math.round(computed);
}
