import { useEffect, useRef } from "react";

import type { SessionInfo } from "../../contract/SessionInfo";
import { markOfSession, StateMark } from "../../design/StateMark";
import { useModel } from "../../platform/model";
import { stateWord } from "../session/words";
import { deskOf } from "../window/desk";
import { ToolButton, useTools } from "./DesktopTools";
import { toolsOf } from "./tools";
import { words } from "./words";

/** How long the bar stays without the mouse or the keyboard in it, in milliseconds. */
const STAYS = 2500;

export type BarState = "hidden" | "shown" | "focused";

/** The tools of a desktop that fills the screen: at its upper edge, there when the mouse comes to it. */
export function FullScreenBar({
  session,
  shown,
  onShown,
}: {
  session: SessionInfo;
  shown: BarState;
  onShown: (to: BarState) => void;
}) {
  const { desktops } = deskOf(useModel());
  const bar = useRef<HTMLDivElement>(null);
  const { of, asking } = useTools(session);
  const tools = toolsOf(of);
  // It tells that it is there, and goes.
  useEffect(() => onShown("shown"), [onShown]);
  useEffect(() => {
    if (shown === "focused") {
      bar.current?.querySelector<HTMLElement>("button")?.focus();
    }
    if (shown !== "shown") {
      return;
    }
    let timer = setTimeout(() => onShown("hidden"), STAYS);
    const element = bar.current;
    const inside = () => clearTimeout(timer);
    const outside = () => {
      clearTimeout(timer);
      timer = setTimeout(() => onShown("hidden"), STAYS / 2);
    };
    element?.addEventListener("pointerenter", inside);
    element?.addEventListener("pointerleave", outside);
    return () => {
      clearTimeout(timer);
      element?.removeEventListener("pointerenter", inside);
      element?.removeEventListener("pointerleave", outside);
    };
  }, [shown, onShown]);
  // The system has ways of its own out of the full screen.
  useEffect(() => {
    let reached = false;
    const resized = () => {
      const fills = window.innerHeight >= window.screen.height - 1;
      reached ||= fills;
      if (reached && !fills) {
        desktops.leftFullScreen();
      }
    };
    resized();
    window.addEventListener("resize", resized);
    return () => window.removeEventListener("resize", resized);
  }, [desktops]);
  return (
    <>
      <div className="desktop-edge" aria-hidden="true" onPointerEnter={() => shown === "hidden" && onShown("shown")} />
      {/* The keys are its buttons' own, and Escape to go back. */}
      <div
        ref={bar}
        className="desktop-bar"
        data-shown={shown !== "hidden" || undefined}
        inert={shown === "hidden"}
        role="toolbar"
        tabIndex={-1}
        aria-label={words.tools(session.instance.name)}
        data-testid="desktop-bar"
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            desktops.panes.get(session.id)?.focus();
          }
        }}
        onBlur={(event) => {
          if (shown === "focused" && !event.currentTarget.contains(event.relatedTarget)) {
            onShown("shown");
          }
        }}
      >
        <StateMark mark={markOfSession(session.state)} label={stateWord(session.state)} />
        <span className="desktop-bar-name ellipsis" title={session.instance.name}>
          {session.instance.name}
        </span>
        {tools.map((tool) => (
          <ToolButton key={tool.id} tool={tool} />
        ))}
      </div>
      {asking}
    </>
  );
}
