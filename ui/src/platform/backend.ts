/** The one door between the front end and whatever is behind it. */

import type { Event } from "../contract/Event";
import type { CommandName, Commands } from "./ipc";

/** What of a WebSocket the terminal's stream uses. */
export interface StreamSocket {
  binaryType: string;
  /** Bytes handed to `send` that have not left yet. */
  readonly bufferedAmount?: number;
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onerror: (() => void) | null;
  onclose: (() => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Calls commands, hears events, opens streams. */
export interface Backend {
  /** The label of this window. */
  readonly label: string;
  /** Calls a command. Rejects with a contract `Failure`. */
  call<C extends CommandName>(command: C, args: Commands[C]["args"]): Promise<Commands[C]["result"]>;
  /** Hears every event from now on; the answer ends it. */
  listen(handler: (event: Event) => void): Promise<() => void>;
  /** Opens a terminal's stream at the address of its ticket. */
  socket(url: string): StreamSocket;
}
