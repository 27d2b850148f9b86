/** What a profile is doing, by what it started. */

import { useCallback, useMemo } from "react";

import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { SessionInfo } from "../../contract/SessionInfo";
import type { TunnelInfo } from "../../contract/TunnelInfo";
import { type Mark, markOfSession } from "../../design/StateMark";
import { useAppState } from "../../platform/model";
import { stateWord as sessionWord } from "../session/words";
import { markOfTunnel, stateWord as tunnelWord } from "../tunnels/words";
import { words } from "./words";

/** A profile's state: `kind` decides, the word is to be read. */
export interface Doing {
  kind: "idle" | "on" | "failed" | "look";
  mark: Mark;
  word: string;
}

const IDLE: Doing = { kind: "idle", mark: "off", word: words.idle };

/** The state of a profile with what it started, as far as that is still there. */
export function doingOf({ state, problem }: ProfileInfo, session?: SessionInfo, tunnel?: TunnelInfo): Doing {
  switch (state.kind) {
    case "session":
      return session === undefined ? IDLE : { kind: "on", mark: markOfSession(session.state), word: sessionWord(session.state) };
    case "tunnel":
      return tunnel === undefined ? IDLE : { kind: "on", mark: markOfTunnel(tunnel.state), word: tunnelWord(tunnel.state) };
    case "failed":
      return { kind: "failed", mark: "danger", word: state.failure.title };
    case "idle":
      return problem === null ? IDLE : { kind: "look", mark: "warn", word: words.look };
  }
}

/** Whether there is something to go to. */
export function isOn({ state }: ProfileInfo): boolean {
  return state.kind === "session" || state.kind === "tunnel";
}

/** The state of a profile, kept up with what it started. What that does besides changes nothing here. */
export function useDoing(info: ProfileInfo): Doing {
  const told = useAppState(
    useCallback(
      ({ sessions, tunnels }) => {
        const { state } = info;
        const session = state.kind === "session" ? sessions.find(({ id }) => id === state.id) : undefined;
        const tunnel = state.kind === "tunnel" ? tunnels.find(({ id }) => id === state.id) : undefined;
        return JSON.stringify(doingOf(info, session, tunnel));
      },
      [info],
    ),
  );
  return useMemo(() => JSON.parse(told) as Doing, [told]);
}
