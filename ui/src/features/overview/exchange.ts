/**
 * Small pictures of sessions that other windows show. The pages ask one another: what a session shows goes from page to page
 * of this app, and past core.
 */

import type { Desk } from "../window/desk";
import { COLUMNS, lastLines, LINES, shrink } from "./thumbnail";

/** Most sessions that one message asks about. */
const MOST = 64;
/** The largest picture of a desktop that is taken, in bytes. */
const LARGEST = 256 * 1024;

/** What goes from page to page. */
type Message = { kind: "ask"; ids: readonly string[] } | { kind: "text"; id: string; text: string } | { kind: "desktop"; id: string; picture: Blob };

/** A small picture that another window has made. */
export type Picture = { kind: "text"; text: string } | { kind: "desktop"; picture: Blob };

/** What the pages speak by. */
export interface Channel {
  hear(told: (data: unknown) => void): void;
  say(data: unknown): void;
  close(): void;
}

function open(): Channel {
  const channel = new BroadcastChannel("adit-thumbnails");
  return {
    hear: (told) => {
      channel.onmessage = ({ data }) => told(data);
    },
    // Only pages of the same origin hear it.
    // oxlint-disable-next-line unicorn/require-post-message-target-origin
    say: (data) => channel.postMessage(data),
    close: () => channel.close(),
  };
}

/** Answers whoever asks about the sessions that this window shows. Gives what ends it. */
export function serveThumbnails(desk: Desk, channel: Channel = open()): () => void {
  const say = (message: Message) => channel.say(message);
  channel.hear((data) => {
    const asked = read(data);
    for (const id of asked?.kind === "ask" ? asked.ids : []) {
      const lines = desk.terminals.get(id)?.lastLines?.();
      const desktop = desk.desktops.panes.get(id)?.picture?.();
      const small = document.createElement("canvas");
      if (lines !== undefined) {
        say({ kind: "text", id, text: lastLines(lines) });
      } else if (desktop !== undefined && shrink(desktop, small) === "drawn") {
        small.toBlob((picture) => picture !== null && say({ kind: "desktop", id, picture }), "image/jpeg", 0.8);
      }
    }
  });
  return () => channel.close();
}

/** Asks the other windows for pictures, again with each `ask`. */
export function askThumbnails(
  told: (id: string, picture: Picture) => void,
  channel: Channel = open(),
): { ask: (ids: readonly string[]) => void; end: () => void } {
  channel.hear((data) => {
    const answer = read(data);
    if (answer !== null && answer.kind !== "ask") {
      const { id, ...picture } = answer;
      told(id, picture);
    }
  });
  return {
    ask: (ids) => {
      for (let at = 0; at < ids.length; at += MOST) {
        channel.say({ kind: "ask", ids: ids.slice(at, at + MOST) } satisfies Message);
      }
    },
    end: () => channel.close(),
  };
}

/** A message as far as it is one, within its bounds. */
function read(data: unknown): Message | null {
  if (typeof data !== "object" || data === null || !("kind" in data)) {
    return null;
  }
  if (data.kind === "ask" && "ids" in data && Array.isArray(data.ids)) {
    return { kind: "ask", ids: data.ids.slice(0, MOST).map(String) };
  }
  if (!("id" in data) || typeof data.id !== "string") {
    return null;
  }
  if (data.kind === "text" && "text" in data && typeof data.text === "string" && data.text.length <= LINES * (COLUMNS + 1)) {
    return { kind: "text", id: data.id, text: data.text };
  }
  if (data.kind === "desktop" && "picture" in data && data.picture instanceof Blob && data.picture.size <= LARGEST) {
    return { kind: "desktop", id: data.id, picture: data.picture };
  }
  return null;
}
