import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Backend, StreamSocket } from "../../platform/backend";
import type { Message } from "./message";
import { DesktopStream, LIMITS } from "./stream";

class FakeSocket implements StreamSocket {
  binaryType = "";
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: unknown }) => void) | null = null;
  onerror: (() => void) | null = null;
  onclose: (() => void) | null = null;
  sent: (string | number[])[] = [];
  closed = false;
  send(data: string | Uint8Array<ArrayBuffer>) {
    this.sent.push(typeof data === "string" ? data : Array.from(data));
  }
  close() {
    this.closed = true;
  }
  asked() {
    return this.sent.filter((frame) => frame[0] === 1).length;
  }
}

/** A message that tells another size: the shortest there is. */
function sized(width: number) {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint16(0, 0x5041, true);
  view.setUint8(2, 1);
  view.setUint8(3, 3);
  view.setUint16(16, width, true);
  view.setUint16(18, 600, true);
  return view.buffer;
}

const SIZE = { width: 800, height: 600, scale: 150 };

function scene(pulls: (() => Promise<ArrayBuffer>)[] = [], size: typeof SIZE | null = SIZE) {
  const sockets: FakeSocket[] = [];
  const pushed: { seq: number; frame: number[] }[] = [];
  const shown: (() => void)[] = [];
  const messages: Message[] = [];
  let attached = 0;
  let gaveUp = 0;
  const backend = {
    call: async (command: string, args: { seq: number; frame: number[] }) => {
      switch (command) {
        case "desktop_attach":
          attached += 1;
          return { url: "ws://127.0.0.1:9/", token: `t${attached}`, replay: 0 };
        case "desktop_pull":
          return pulls.length > 0 ? pulls.shift()?.() : new Promise(() => {});
        case "desktop_push":
          pushed.push({ seq: args.seq, frame: args.frame });
          return undefined;
        default:
          throw new Error(command);
      }
    },
    listen: async () => () => {},
    socket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
  } as unknown as Backend;
  const stream = new DesktopStream(
    backend,
    "s",
    {
      take: (message, done) => {
        messages.push(message);
        shown.push(done);
      },
      gaveUp: () => {
        gaveUp += 1;
      },
    },
    size,
    "seen",
  );
  const paint = () => {
    for (const done of shown.splice(0)) {
      done();
    }
  };
  return { stream, sockets, pushed, messages, paint, attached: () => attached, gaveUp: () => gaveUp };
}

async function opened() {
  const made = scene();
  void made.stream.start();
  await settle();
  made.sockets[0]?.onopen?.();
  return { ...made, socket: made.sockets[0] as FakeSocket };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a desktop's stream over the socket", () => {
  it("begins with the token, the size and whether it is seen, and asks twice", async () => {
    const { socket } = await opened();
    expect(socket.sent).toEqual(["t1", [2, 0x20, 3, 0x58, 2, 150, 0], [3, 1], [1], [1]]);
  });

  it("keeps the size of a desktop that does not follow to itself", async () => {
    const { stream, sockets } = scene([], null);
    void stream.start();
    await settle();
    sockets[0]?.onopen?.();
    expect(sockets[0]?.sent[1]).toEqual([3, 1]);
  });

  it("tells that the tab has the keyboard, also where it had it before", async () => {
    const { stream, sockets } = scene();
    stream.keyboard("here");
    void stream.start();
    await settle();
    sockets[0]?.onopen?.();
    expect(sockets[0]?.sent.filter((frame) => frame[0] === 5)).toHaveLength(1);
    stream.keyboard("here");
    stream.keyboard("elsewhere");
    stream.keyboard("here");
    expect(sockets[0]?.sent.filter((frame) => frame[0] === 5)).toHaveLength(2);
  });

  it("tells that the keyboard is lost, once", async () => {
    const { stream, sockets } = scene();
    stream.keyboard("here");
    void stream.start();
    await settle();
    sockets[0]?.onopen?.();
    stream.keyboard("elsewhere");
    stream.keyboard("elsewhere");
    expect(sockets[0]?.sent.filter((frame) => frame[0] === 0)).toEqual([[0, 7]]);
  });

  it("asks for one more for each that was painted, and never for more than two", async () => {
    const { socket, paint } = await opened();
    socket.onmessage?.({ data: sized(800) });
    socket.onmessage?.({ data: sized(802) });
    expect(socket.asked()).toBe(2);
    paint();
    expect(socket.asked()).toBe(4);
    paint();
    expect(socket.asked()).toBe(4);
  });

  it("asks for nothing while the tab is hidden, and goes on when it is seen", async () => {
    const { stream, socket, paint } = await opened();
    stream.see("hidden");
    stream.see("hidden");
    socket.onmessage?.({ data: sized(800) });
    paint();
    expect(socket.asked()).toBe(2);
    expect(socket.sent.at(-1)).toEqual([3, 0]);
    stream.see("seen");
    // One of the two is still unanswered.
    expect(socket.asked()).toBe(3);
  });

  it("tells a size only when it is another", async () => {
    const { stream, socket } = await opened();
    const before = socket.sent.length;
    stream.resize({ ...SIZE });
    expect(socket.sent.length).toBe(before);
    stream.resize({ ...SIZE, width: 802 });
    expect(socket.sent.at(-1)).toEqual([2, 0x22, 3, 0x58, 2, 150, 0]);
  });

  it("attaches anew after what it cannot understand, and stops after some", async () => {
    const { stream, sockets, attached, messages, gaveUp } = await opened();
    for (let round = 0; round < 20; round += 1) {
      sockets.at(-1)?.onopen?.();
      sockets.at(-1)?.onmessage?.({ data: new ArrayBuffer(24) });
      await vi.advanceTimersByTimeAsync(LIMITS.attachAgain);
    }
    expect(messages).toEqual([]);
    expect(attached()).toBe(LIMITS.attachTries + 1);
    expect(sockets.every(({ closed }) => closed)).toBe(true);
    expect(gaveUp()).toBe(1);
    void stream.start();
    await settle();
    expect(attached()).toBe(LIMITS.attachTries + 2);
  });

  it("drops input that would come too late, and lets every key go before it sends more", async () => {
    const { stream, socket } = await opened();
    stream.input([Uint8Array.of(6, 2)]);
    expect(socket.sent.at(-1)).toEqual([0, 6, 2]);
    socket.bufferedAmount = LIMITS.waiting + 1;
    const before = socket.sent.length;
    stream.input([Uint8Array.of(6, 0)]);
    expect(socket.sent.length).toBe(before);
    socket.bufferedAmount = 0;
    stream.input([Uint8Array.of(6, 4)]);
    expect(socket.sent.slice(before)).toEqual([
      [0, 7],
      [0, 6, 4],
    ]);
  });

  it("is attached again when it breaks, and not once the session is over", async () => {
    const { stream, socket, sockets, attached } = await opened();
    socket.onmessage?.({ data: sized(800) });
    socket.onclose?.();
    await vi.advanceTimersByTimeAsync(LIMITS.attachAgain);
    expect(attached()).toBe(2);
    sockets[1]?.onopen?.();
    // One is not painted yet, so one more may be asked for.
    expect(sockets[1]?.asked()).toBe(1);
    sockets[1]?.onmessage?.({ data: sized(800) });
    stream.finish();
    sockets[1]?.onclose?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attached()).toBe(2);
  });
});

describe("a desktop's stream over commands", () => {
  it("takes over when the socket does not open, for good, and keeps what it sends in order", async () => {
    const { stream, sockets, pushed, messages, paint } = scene([async () => sized(800)]);
    void stream.start();
    await vi.advanceTimersByTimeAsync(LIMITS.openWithin);
    expect(sockets[0]?.closed).toBe(true);
    expect(stream.transport).toBe("commands");
    stream.input([Uint8Array.of(7), Uint8Array.of(6, 1)]);
    stream.keyboard("here");
    await settle();
    expect(pushed.map(({ seq }) => seq)).toEqual([0, 1, 2, 3, 4]);
    expect(pushed.map(({ frame }) => frame)).toEqual([[2, 0x20, 3, 0x58, 2, 150, 0], [3, 1], [0, 7], [0, 6, 1], [5]]);
    expect(messages).toHaveLength(1);
    paint();
    // A pull asks by itself.
    expect(pushed.some(({ frame }) => frame[0] === 1)).toBe(false);
  });

  it("pulls no further while two are not painted, or the tab is hidden", async () => {
    let pulled = 0;
    const pulls = Array.from({ length: 9 }, () => async () => {
      pulled += 1;
      return sized(800);
    });
    const { stream, paint } = scene(pulls);
    void stream.start();
    await vi.advanceTimersByTimeAsync(LIMITS.openWithin + 100);
    expect(pulled).toBe(2);
    stream.see("hidden");
    paint();
    await vi.advanceTimersByTimeAsync(100);
    expect(pulled).toBe(2);
    stream.see("seen");
    await vi.advanceTimersByTimeAsync(100);
    expect(pulled).toBe(4);
    stream.dispose();
  });
});
