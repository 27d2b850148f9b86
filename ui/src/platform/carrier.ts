/**
 * The messages of one session's stream, both ways: over a WebSocket on loopback, and where that cannot be had, by
 * pulling and pushing through commands. What the messages hold is not known here.
 */

import type { Backend, StreamSocket } from "./backend";

/** Waits, in milliseconds, and how often. */
export const CARRIER_LIMITS = {
  /** The socket has this long to open before the commands are used. */
  openWithin: 3000,
  /** A pull that brought nothing is repeated after so long. */
  pullAgain: 25,
  /** A stream that broke is attached again after so long, */
  attachAgain: 400,
  /** so many times in a row. */
  attachTries: 5,
};

/** How the messages travel. */
export type Transport = "none" | "socket" | "commands";

/** The commands of a kind of stream. */
export type Carries = "terminal" | "desktop";

/** Who speaks through a stream. */
export interface Speaker {
  /** An attachment begins, with so many bytes that an earlier one has had. */
  attaching(replay: number): void;
  /** What goes first on each attachment. */
  greeting(): Uint8Array<ArrayBuffer>[];
  /** The greeting has been sent. */
  attached(): void;
  /** A message came. One that cannot be understood ends the attachment. */
  heard(message: ArrayBuffer): "understood" | "malformed";
  /** Whether the next message may be pulled; `Carrier.room` says when that changes. */
  mayPull(): boolean;
  /** It was tried too often: nothing comes any more until `Carrier.start`. */
  gaveUp(): void;
}

type Frame = Uint8Array<ArrayBuffer>;

export class Carrier {
  #backend: Backend;
  #id: string;
  #carries: Carries;
  #speaker: Speaker;
  #transport: Transport = "none";
  #socket: StreamSocket | null = null;
  #socketWorks = true;
  /** Grows with each attachment: what belongs to an older one is not heard any more. */
  #epoch = 0;
  #tries = 0;
  #over: "no" | "finishing" | "disposed" = "no";
  #waiting: Frame[] = [];
  #waitingBytes = 0;
  #pushing = false;
  #seq = 0;
  #room: (() => void) | null = null;

  constructor(backend: Backend, id: string, carries: Carries, speaker: Speaker) {
    this.#backend = backend;
    this.#id = id;
    this.#carries = carries;
    this.#speaker = speaker;
  }

  get transport(): Transport {
    return this.#transport;
  }

  /** Counts the attachments. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether the session still takes what is sent. */
  get open(): boolean {
    return this.#over === "no";
  }

  /** Bytes that were sent here and have not left yet. */
  get waiting(): number {
    return this.#waitingBytes + (this.#socket?.bufferedAmount ?? 0);
  }

  /** Attaches. Never rejects: a stream that cannot be had shows in the session's state. */
  async start(): Promise<void> {
    this.#epoch += 1;
    const epoch = this.#epoch;
    this.#transport = "none";
    this.#seq = 0;
    try {
      const ticket = await this.#backend.call(`${this.#carries}_attach` as const, { id: this.#id });
      if (!this.#current(epoch)) {
        return;
      }
      this.#speaker.attaching(ticket.replay);
      if (this.#socketWorks) {
        this.#openSocket(ticket.url, ticket.token, epoch);
      } else {
        this.#useCommands(epoch);
      }
    } catch {
      this.#again(epoch);
    }
  }

  /** Sends a message, at once or as soon as it can be. */
  send(frame: Frame): void {
    if (this.#over === "disposed") {
      return;
    }
    if (this.#transport === "socket" && this.#waiting.length === 0) {
      this.#socket?.send(frame);
      return;
    }
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    this.#flush();
  }

  /** The next message may be pulled. */
  room(): void {
    this.#room?.();
    this.#room = null;
  }

  /** The session is over: what is on the way is still heard, but nothing is attached again. */
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
    this.#closeSocket();
    this.room();
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
        this.#again(epoch);
      } else if (this.#over === "no") {
        fallBack();
      }
    };
    timer = setTimeout(fallBack, CARRIER_LIMITS.openWithin);
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
      for (const frame of this.#speaker.greeting()) {
        socket.send(frame);
      }
      this.#flush();
      this.#speaker.attached();
    };
    socket.onmessage = ({ data }) => {
      heard = true;
      if (this.#current(epoch) && data instanceof ArrayBuffer) {
        this.#hear(data, epoch);
      }
    };
    socket.onerror = lost;
    socket.onclose = lost;
  }

  #hear(message: ArrayBuffer, epoch: number): void {
    if (this.#speaker.heard(message) === "understood") {
      this.#tries = 0;
    } else {
      this.#again(epoch);
    }
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
    const greeting = this.#speaker.greeting();
    this.#waiting.unshift(...greeting);
    this.#waitingBytes += greeting.reduce((sum, frame) => sum + frame.length, 0);
    this.#flush();
    this.#speaker.attached();
    void this.#pull(epoch);
  }

  async #pull(epoch: number): Promise<void> {
    try {
      while (this.#current(epoch)) {
        while (!this.#speaker.mayPull() && this.#current(epoch)) {
          await new Promise<void>((resolve) => {
            this.#room = resolve;
          });
        }
        if (!this.#current(epoch)) {
          return;
        }
        const answer = await this.#backend.call(`${this.#carries}_pull`, { id: this.#id });
        if (!this.#current(epoch)) {
          return;
        }
        if (answer.byteLength > 0) {
          this.#hear(answer, epoch);
        } else if (this.#over === "finishing") {
          return;
        } else {
          await new Promise((resolve) => setTimeout(resolve, CARRIER_LIMITS.pullAgain));
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
    this.#closeSocket();
    this.#transport = "none";
    // A pull that is under way belongs to the attachment that ended.
    this.#epoch += 1;
    const next = this.#epoch;
    this.room();
    this.#tries += 1;
    if (this.#tries > CARRIER_LIMITS.attachTries) {
      this.#tries = 0;
      this.#speaker.gaveUp();
      return;
    }
    setTimeout(() => {
      if (this.#current(next) && this.#over === "no") {
        void this.start();
      }
    }, CARRIER_LIMITS.attachAgain);
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
        const frame = this.#waiting.shift() as Frame;
        this.#waitingBytes -= frame.length;
        const seq = this.#seq;
        this.#seq += 1;
        await this.#backend.call(`${this.#carries}_push`, { id: this.#id, seq, frame: Array.from(frame) });
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
