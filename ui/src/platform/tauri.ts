/** The door to the shell. */

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { getCurrentWindow } from "@tauri-apps/api/window";

import type { Event } from "../contract/Event";
import type { Backend, StreamSocket } from "./backend";
import { asFailure, EVENT_NAME } from "./ipc";

/** Whether the page runs inside the shell. */
export function underTauri(): boolean {
  return "__TAURI_INTERNALS__" in window;
}

/** The shell. */
export function tauriBackend(): Backend {
  return {
    label: getCurrentWindow().label,
    async call(command, args) {
      try {
        return await invoke(command, args);
      } catch (error) {
        // oxlint-disable-next-line no-throw-literal -- the contract's failures are plain data
        throw asFailure(error);
      }
    },
    listen: (handler) => listen<Event>(EVENT_NAME, (event) => handler(event.payload)),
    socket: (url) => new WebSocket(url) as unknown as StreamSocket,
  };
}
