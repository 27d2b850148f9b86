import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Backend, StreamSocket } from "../../platform/backend";
import { DesktopPicture, type Shown } from "./picture";

const KEYBOARD = 5;
const shown = (is: Partial<Shown> = {}): Shown => ({ mode: "follow", fixed: false, visible: true, takes: true, ...is });

/** A picture whose field has the focus of the page, and what it tells core of the keyboard. */
function scene() {
  const room = document.createElement("div");
  const canvas = document.createElement("canvas");
  const field = document.createElement("textarea");
  document.body.append(room, canvas, field);
  const sockets: StreamSocket[] = [];
  const told: ("here" | "elsewhere")[] = [];
  const backend = {
    call: async () => ({ url: "ws://127.0.0.1:9/", token: "t", replay: 0 }),
    listen: async () => () => {},
    socket: () => {
      const socket: StreamSocket = {
        binaryType: "",
        bufferedAmount: 0,
        onopen: null,
        onmessage: null,
        onerror: null,
        onclose: null,
        send: (data) => {
          if (typeof data !== "string" && (data[0] === KEYBOARD || (data[0] === 0 && data[1] === 7))) {
            told.push(data[0] === KEYBOARD ? "here" : "elsewhere");
          }
        },
        close: () => {},
      };
      sockets.push(socket);
      return socket;
    },
  } as unknown as Backend;
  const picture = new DesktopPicture(
    { backend, id: "s", platform: "linux" },
    { room, canvas, field },
    { fixed: () => {}, keyboard: () => {}, giveBack: () => {}, fullScreen: () => {}, room: () => {}, painting: () => {} },
  );
  field.focus();
  return {
    picture,
    told,
    attach: async () => {
      picture.attach(1);
      await Promise.resolve();
      await Promise.resolve();
      sockets.at(-1)?.onopen?.();
    },
  };
}

beforeEach(() => {
  vi.stubGlobal("matchMedia", () => ({ addEventListener: () => {}, removeEventListener: () => {} }));
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

describe("the keyboard of a desktop", () => {
  it("is not there while the window is behind others, though the field has the page's focus", async () => {
    const focus = vi.spyOn(document, "hasFocus").mockReturnValue(false);
    const behind = scene();
    behind.picture.show(shown());
    await behind.attach();
    expect(behind.told).toEqual([]);
    behind.picture.dispose();
    focus.mockReturnValue(true);
    const before = scene();
    before.picture.show(shown());
    await before.attach();
    expect(before.told).toEqual(["here"]);
    before.picture.dispose();
  });

  it("is there again after the desktop took nothing for a while", async () => {
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    const { picture, told, attach } = scene();
    picture.show(shown());
    await attach();
    picture.show(shown({ takes: false }));
    expect(told).toContain("elsewhere");
    told.length = 0;
    picture.show(shown());
    expect(told).toEqual(["here"]);
    picture.dispose();
  });

  it("is lost with the window, though the field keeps the page's focus", async () => {
    vi.spyOn(document, "hasFocus").mockReturnValue(true);
    const { picture, told, attach } = scene();
    picture.show(shown());
    await attach();
    window.dispatchEvent(new Event("blur"));
    expect(told.at(-1)).toBe("elsewhere");
    picture.dispose();
  });
});
