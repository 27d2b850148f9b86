/**
 * The bytes of one terminal, both ways: over a WebSocket on loopback, and where that cannot be had, by
 * pulling and pushing through commands. What was drawn is counted back, so that core never has more than
 * its window on the way and a slow screen slows its own tab only.
 */

import type { Backend, StreamSocket } from "../../platform/backend";
import { drawnFrame, inputFrames, sizeFrame } from "./frame";

/** Draws bytes, and says when it has. */
export interface Screen {
  write(bytes: Uint8Array, drawn: () => void): void;
}

/** Bounds and waits, in bytes and milliseconds. */
export const LIMITS = {
  /** The socket has this long to open before the commands are used. */
  openWithin: 3000,
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
  /** A pull that brought nothing is repeated after so long. */
  pullAgain: 25,
  /** A stream that broke is attached again after so long, */
  attachAgain: 400,
  /** so many times in a row. */
  attachTries: 5,
};

/** How the bytes travel. */
export type Transport = "none" | "socket" | "commands";

export class TerminalStream {
  #backend: Backend;
  #id: string;
  #screen: Screen;
  #size: { cols: number; rows: number };
  #transport: Transport = "none";
  #socket: StreamSocket | null = null;
  #socketWorks = true;
  /** Grows with each attachment: what belongs to an older one is not heard any more. */
  #epoch = 0;
  #tries = 0;
  #over: "no" | "finishing" | "disposed" = "no";
  #waiting: Uint8Array<ArrayBuffer>[] = [];
  #waitingBytes = 0;
  #pushing = false;
  #seq = 0;
  #undrawn = 0;
  #drawn = 0;
  #drawnTimer: ReturnType<typeof setTimeout> | null = null;
  #room: (() => void) | null = null;

  constructor(backend: Backend, id: string, screen: Screen, size: { cols: number; rows: number }) {
    this.#backend = backend;
    this.#id = id;
    this.#screen = screen;
    this.#size = size;
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** Attaches. Never rejects: a stream that cannot be had shows in the session's state. */
  async start(): Promise<void> {
    this.#epoch += 1;
    const epoch = this.#epoch;
    this.#transport = "none";
    this.#seq = 0;
    // What was drawn for an earlier attachment is no news to this one.
    this.#drawn = 0;
    try {
      const ticket = await this.#backend.call("terminal_attach", { id: this.#id });
      if (!this.#current(epoch)) {
        return;
      }
      if (this.#socketWorks) {
        this.#openSocket(ticket.url, ticket.token, epoch);
      } else {
        this.#useCommands(epoch);
      }
    } catch {
      this.#again(epoch);
    }
  }

  /** Sends input. `"full"` when more waits than may. */
  input(bytes: Uint8Array): "taken" | "full" {
    if (this.#over !== "no") {
      return "taken";
    }
    if (this.#waitingBytes + (this.#socket?.bufferedAmount ?? 0) + bytes.length > LIMITS.waiting) {
      return "full";
    }
    for (const frame of inputFrames(bytes)) {
      this.#send(frame);
    }
    return "taken";
  }

  /** Tells the size. */
  resize(cols: number, rows: number): void {
    this.#size = { cols, rows };
    if (this.#transport !== "none") {
      this.#send(sizeFrame(cols, rows));
    }
  }

  /** The session is over: what is on the way is still drawn, but nothing is attached again. */
  finish(): void {
    if (this.#over === "no") {
      this.#over = "finishing";
    }
  }

  dispose(): void {
    this.#over = "disposed";
    this.#epoch += 1;
    this.#transport = "none";
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (this.#drawnTimer !== null) {
      clearTimeout(this.#drawnTimer);
    }
    this.#closeSocket();
    this.#room?.();
  }

  #current(epoch: number): boolean {
    return epoch === this.#epoch && this.#over !== "disposed";
  }

  #openSocket(url: string, token: string, epoch: number): void {
    let heard = false;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const settled = () => {
      if (timer !== null) {
        clearTimeout(timer);
        timer = null;
      }
    };
    /** The socket cannot be used here: the commands take over, for good. */
    const fallBack = () => {
      settled();
      if (this.#current(epoch)) {
        this.#socketWorks = false;
        this.#closeSocket();
        void this.start();
      }
    };
    const lost = () => {
      settled();
      if (!this.#current(epoch)) {
        return;
      }
      if (heard) {
        this.#closeSocket();
        this.#again(epoch);
      } else if (this.#over === "no") {
        fallBack();
      }
    };
    timer = setTimeout(fallBack, LIMITS.openWithin);
    let socket: StreamSocket;
    try {
      socket = this.#backend.socket(url);
    } catch {
      fallBack();
      return;
    }
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      settled();
      if (!this.#current(epoch)) {
        socket.close();
        return;
      }
      this.#transport = "socket";
      socket.send(token);
      socket.send(sizeFrame(this.#size.cols, this.#size.rows));
      this.#flush();
    };
    socket.onmessage = ({ data }) => {
      heard = true;
      this.#tries = 0;
      if (this.#current(epoch) && data instanceof ArrayBuffer) {
        this.#draw(new Uint8Array(data));
      }
    };
    socket.onerror = lost;
    socket.onclose = lost;
  }

  #closeSocket(): void {
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onopen = null;
      socket.onmessage = null;
      socket.onerror = null;
      socket.onclose = null;
      socket.close();
    }
  }

  #useCommands(epoch: number): void {
    this.#transport = "commands";
    this.#send(sizeFrame(this.#size.cols, this.#size.rows));
    void this.#pull(epoch);
  }

  async #pull(epoch: number): Promise<void> {
    try {
      while (this.#current(epoch)) {
        const answer = await this.#backend.call("terminal_pull", { id: this.#id });
        const bytes = new Uint8Array(answer);
        if (!this.#current(epoch)) {
          return;
        }
        if (bytes.length === 0) {
          if (this.#over === "finishing") {
            return;
          }
          await new Promise((resolve) => setTimeout(resolve, LIMITS.pullAgain));
          continue;
        }
        this.#tries = 0;
        this.#draw(bytes);
        while (this.#undrawn > LIMITS.undrawn && this.#current(epoch)) {
          await new Promise<void>((resolve) => {
            this.#room = resolve;
          });
        }
      }
    } catch {
      this.#again(epoch);
    }
  }

  /** Attaches once more, unless the session is over or it was tried too often. */
  #again(epoch: number): void {
    if (!this.#current(epoch)) {
      return;
    }
    this.#transport = "none";
    this.#tries += 1;
    if (this.#tries > LIMITS.attachTries) {
      return;
    }
    setTimeout(() => {
      if (this.#current(epoch) && this.#over === "no") {
        void this.start();
      }
    }, LIMITS.attachAgain);
  }

  #draw(bytes: Uint8Array): void {
    const epoch = this.#epoch;
    for (let at = 0; at < bytes.length; at += LIMITS.chunk) {
      const chunk = bytes.subarray(at, at + LIMITS.chunk);
      this.#undrawn += chunk.length;
      this.#screen.write(chunk, () => this.#wasDrawn(chunk.length, epoch));
    }
  }

  #wasDrawn(bytes: number, epoch: number): void {
    this.#undrawn -= bytes;
    this.#drawn += epoch === this.#epoch ? bytes : 0;
    if (this.#undrawn <= LIMITS.undrawn) {
      this.#room?.();
      this.#room = null;
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
    if (this.#drawn > 0 && this.#transport !== "none") {
      const drawn = this.#drawn;
      this.#drawn = 0;
      this.#send(drawnFrame(drawn));
    }
  }

  #send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.#transport === "socket" && this.#waiting.length === 0) {
      this.#socket?.send(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    this.#flush();
  }

  #flush(): void {
    if (this.#transport === "socket") {
      for (const frame of this.#waiting.splice(0)) {
        this.#socket?.send(frame);
      }
      this.#waitingBytes = 0;
    } else if (this.#transport === "commands" && !this.#pushing) {
      void this.#push(this.#epoch);
    }
  }

  /** One message at a time: commands may overtake one another. */
  async #push(epoch: number): Promise<void> {
    this.#pushing = true;
    try {
      while (this.#waiting.length > 0 && this.#current(epoch) && this.#transport === "commands") {
        const frame = this.#waiting.shift() as Uint8Array<ArrayBuffer>;
        this.#waitingBytes -= frame.length;
        const seq = this.#seq;
        this.#seq += 1;
        await this.#backend.call("terminal_push", { id: this.#id, seq, frame: Array.from(frame) });
      }
    } catch {
      // The pull beside this hears the same end and decides.
    } finally {
      this.#pushing = false;
      if (epoch !== this.#epoch) {
        // Attached anew meanwhile: what waits goes on there.
        this.#flush();
      }
    }
  }
}
