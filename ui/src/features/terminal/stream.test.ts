import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Backend, StreamSocket } from "../../platform/backend";
import { drawnFrame, inputFrames, MAX_INPUT, sizeFrame } from "./frame";
import { LIMITS, type Screen, TerminalStream } from "./stream";

class FakeSocket implements StreamSocket {
  binaryType = "";
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
  says(length: number) {
    this.onmessage?.({ data: new ArrayBuffer(length) });
  }
}

class FakeScreen implements Screen {
  chunks: number[] = [];
  replays: string[] = [];
  #waiting: (() => void)[] = [];
  write(bytes: Uint8Array, drawn: () => void) {
    this.chunks.push(bytes.length);
    this.#waiting.push(drawn);
  }
  replaying(state: string) {
    this.replays.push(`${state} at ${this.chunks.length}`);
  }
  drawAll() {
    for (const drawn of this.#waiting.splice(0)) {
      drawn();
    }
  }
}

function scene(pulls: (() => Promise<ArrayBuffer>)[] = [], replay = 0) {
  const sockets: FakeSocket[] = [];
  const pushed: { seq: number; frame: number[] }[] = [];
  let attached = 0;
  const backend = {
    call: async (command: string, args: { seq: number; frame: number[] }) => {
      switch (command) {
        case "terminal_attach":
          attached += 1;
          return { url: "ws://127.0.0.1:9/", token: `t${attached}`, replay: attached > 1 ? replay : 0 };
        case "terminal_pull":
          return pulls.length > 0 ? pulls.shift()?.() : new Promise(() => {});
        case "terminal_push":
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
  const screen = new FakeScreen();
  const stream = new TerminalStream(backend, "s", screen, { cols: 80, rows: 24 });
  return { stream, screen, sockets, pushed, attached: () => attached };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("frames", () => {
  it("carry a kind and big-endian numbers", () => {
    expect(Array.from(sizeFrame(300, 24))).toEqual([2, 1, 44, 0, 24]);
    expect(Array.from(drawnFrame(131072))).toEqual([1, 0, 2, 0, 0]);
    expect(Array.from(inputFrames(new Uint8Array([3]))[0] ?? [])).toEqual([0, 3]);
  });

  it("cut long input without losing a byte", () => {
    const bytes = new Uint8Array(MAX_INPUT * 2 + 5).map((_, index) => index % 251);
    const frames = inputFrames(bytes);
    expect(frames.map((frame) => frame.length)).toEqual([MAX_INPUT + 1, MAX_INPUT + 1, 6]);
    expect(frames.flatMap((frame) => Array.from(frame.subarray(1)))).toEqual(Array.from(bytes));
  });
});

describe("a stream over the socket", () => {
  it("shows the token first, then the size, then what was typed meanwhile", async () => {
    const { stream, sockets } = scene();
    void stream.start();
    stream.input(new Uint8Array([65]));
    await settle();
    sockets[0]?.onopen?.();
    expect(sockets[0]?.sent).toEqual(["t1", [2, 0, 80, 0, 24], [0, 65]]);
    stream.resize(100, 30);
    expect(sockets[0]?.sent.at(-1)).toEqual([2, 0, 100, 0, 30]);
  });

  it("counts drawn bytes back, never those that only arrived", async () => {
    const { stream, sockets, screen } = scene();
    void stream.start();
    await settle();
    const [socket] = sockets as [FakeSocket];
    socket.onopen?.();
    socket.says(LIMITS.drawnEvery + 10);
    expect(screen.chunks).toEqual([LIMITS.chunk, LIMITS.chunk, 10]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(socket.sent.filter((frame) => frame[0] === 1)).toEqual([]);
    screen.drawAll();
    expect(socket.sent.at(-1)).toEqual([1, 0, 2, 0, 0]);
    await vi.advanceTimersByTimeAsync(LIMITS.drawnAfter);
    expect(socket.sent.at(-1)).toEqual([1, 0, 0, 0, 10]);
  });

  it("attaches again when it breaks in the middle, and not once the session is over", async () => {
    const { stream, sockets, attached } = scene();
    void stream.start();
    await settle();
    sockets[0]?.onopen?.();
    sockets[0]?.says(4);
    sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(LIMITS.attachAgain);
    expect(attached()).toBe(2);
    sockets[1]?.onopen?.();
    sockets[1]?.says(4);
    stream.finish();
    sockets[1]?.onclose?.();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(attached()).toBe(2);
  });

  it("says what was drawn before: it is not answered, and not a byte more", async () => {
    const { stream, sockets, screen } = scene([], LIMITS.chunk + 10);
    void stream.start();
    await settle();
    sockets[0]?.onopen?.();
    sockets[0]?.says(4);
    expect(screen.replays).toEqual([]);
    sockets[0]?.onclose?.();
    await vi.advanceTimersByTimeAsync(LIMITS.attachAgain);
    expect(screen.replays).toEqual(["begins at 1"]);
    sockets[1]?.onopen?.();
    sockets[1]?.says(LIMITS.chunk);
    sockets[1]?.says(30);
    expect(screen.chunks.slice(1)).toEqual([LIMITS.chunk, 10, 20]);
    // Told among what is written, whenever that is drawn.
    expect(screen.replays).toEqual(["begins at 1", "ended at 3"]);
  });

  it("refuses more input than may wait", async () => {
    const { stream } = scene();
    expect(stream.input(new Uint8Array(LIMITS.waiting - 10_000))).toBe("taken");
    expect(stream.input(new Uint8Array(20_000))).toBe("full");
  });
});

describe("a stream over commands", () => {
  it("takes over when the socket does not open, and keeps input in order", async () => {
    const { stream, sockets, pushed, screen } = scene([async () => new ArrayBuffer(7)]);
    void stream.start();
    stream.input(new Uint8Array([1]));
    await settle();
    await vi.advanceTimersByTimeAsync(LIMITS.openWithin);
    expect(sockets[0]?.closed).toBe(true);
    expect(stream.transport).toBe("commands");
    stream.input(new Uint8Array([2]));
    stream.input(new Uint8Array([3]));
    await settle();
    expect(pushed.map((push) => push.seq)).toEqual([0, 1, 2, 3]);
    expect(pushed.filter((push) => push.frame[0] === 0).map((push) => push.frame[1])).toEqual([1, 2, 3]);
    expect(screen.chunks).toEqual([7]);
    screen.drawAll();
    await vi.advanceTimersByTimeAsync(LIMITS.drawnAfter);
    expect(pushed.at(-1)?.frame).toEqual([1, 0, 0, 0, 7]);
  });

  it("takes over when the socket closes before its first message", async () => {
    const { stream, sockets, attached } = scene();
    void stream.start();
    await settle();
    sockets[0]?.onopen?.();
    sockets[0]?.onclose?.();
    await settle();
    expect(stream.transport).toBe("commands");
    expect(attached()).toBe(2);
  });

  it("stops pulling when the session is over and nothing comes any more", async () => {
    let pulled = 0;
    const answers = Array.from({ length: 500 }, () => async () => {
      pulled += 1;
      return new ArrayBuffer(0);
    });
    const { stream } = scene(answers);
    void stream.start();
    await vi.advanceTimersByTimeAsync(LIMITS.openWithin + 100);
    expect(pulled).toBeGreaterThan(1);
    stream.finish();
    await vi.advanceTimersByTimeAsync(100);
    const then = pulled;
    await vi.advanceTimersByTimeAsync(1000);
    expect(pulled).toBe(then);
  });

  it("does not pull while too much is not drawn", async () => {
    let pulled = 0;
    const answers = Array.from({ length: 20 }, () => async () => {
      pulled += 1;
      return new ArrayBuffer(256 * 1024);
    });
    const { stream, screen } = scene(answers);
    void stream.start();
    await vi.advanceTimersByTimeAsync(LIMITS.openWithin);
    await vi.advanceTimersByTimeAsync(5000);
    expect(pulled).toBe(3);
    screen.drawAll();
    await settle();
    expect(pulled).toBeGreaterThan(3);
    stream.dispose();
  });
});
