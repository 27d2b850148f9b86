/** The edges between groups of tabs. The library moves them by the pointer; here they are controls that keys move as well. */

import type { DockviewApi } from "dockview-react";

import { words } from "./words";

const SASH = ".dv-sash";
/** How far a key moves an edge, in CSS pixels. */
const STEP = 24;
/** Farther than any window: as far as it goes. */
const FAR = 100_000;

/** Makes controls of the edges in `place`, and keeps their values up. `leave` gives the keyboard back. Gives what ends it. */
export function watchSashes(place: HTMLElement, dock: DockviewApi, leave: () => void): () => void {
  const tell = () => {
    for (const sash of place.querySelectorAll<HTMLElement>(SASH)) {
      describe(sash);
    }
  };
  const pressed = (event: KeyboardEvent) => {
    const sash = event.target instanceof HTMLElement && event.target.matches(SASH) ? event.target : null;
    if (sash !== null && (event.key === "Escape" || event.key === "Enter")) {
      event.preventDefault();
      leave();
    } else if (sash !== null) {
      move(sash, event);
    }
  };
  const layout = dock.onDidLayoutChange(tell);
  place.addEventListener("keydown", pressed);
  tell();
  return () => {
    layout.dispose();
    place.removeEventListener("keydown", pressed);
  };
}

/** Gives the keyboard to the edge beside a group, or to the next one where an edge has it; `"none"` without edges. */
export function focusSash(group: Element): "focused" | "none" {
  const all = [...document.querySelectorAll<HTMLElement>(SASH)];
  const has = all.indexOf(document.activeElement as HTMLElement);
  const sash = has === -1 ? besides(group) : all[(has + 1) % all.length];
  sash?.focus();
  return sash === undefined ? "none" : "focused";
}

/** The innermost edge at a group: the one after it, or before it where it is the last. */
function besides(group: Element): HTMLElement | undefined {
  for (let view = group.closest(".dv-view"); view !== null; view = view.parentElement?.closest(".dv-view") ?? null) {
    const place = [...(view.parentElement?.children ?? [])].indexOf(view);
    const sashes = view.closest(".dv-split-view-container")?.querySelectorAll<HTMLElement>(`:scope > .dv-sash-container > ${SASH}`) ?? [];
    const sash = [...sashes].at(Math.min(place, sashes.length - 1));
    if (sash !== undefined) {
      return sash;
    }
  }
  return undefined;
}

/** Where an edge is in its container, along the way it moves. */
function axisOf(sash: HTMLElement): { along: "x" | "y"; at: number; from: number; length: number } {
  const container = sash.closest(".dv-split-view-container");
  const along = container?.classList.contains("dv-horizontal") === true ? "x" : "y";
  const [edge, room] = [sash.getBoundingClientRect(), container?.getBoundingClientRect() ?? sash.getBoundingClientRect()];
  return along === "x"
    ? { along, at: edge.left + edge.width / 2, from: room.left, length: room.width }
    : { along, at: edge.top + edge.height / 2, from: room.top, length: room.height };
}

function describe(sash: HTMLElement): void {
  const { along, at, from, length } = axisOf(sash);
  const value = length === 0 ? 50 : Math.round((100 * (at - from)) / length);
  const attributes = {
    role: "separator",
    tabindex: "0",
    "aria-label": words.edge,
    // The line itself, which is across the way it moves.
    "aria-orientation": along === "x" ? "vertical" : "horizontal",
    "aria-valuemin": "0",
    "aria-valuemax": "100",
    "aria-valuenow": String(value),
    "aria-valuetext": words.edgeAt(value),
  };
  for (const [name, text] of Object.entries(attributes)) {
    if (sash.getAttribute(name) !== text) {
      sash.setAttribute(name, text);
    }
  }
}

function move(sash: HTMLElement, event: KeyboardEvent): void {
  if (event.ctrlKey || event.altKey || event.metaKey) {
    return;
  }
  const { along } = axisOf(sash);
  const by = {
    [along === "x" ? "ArrowLeft" : "ArrowUp"]: -STEP,
    [along === "x" ? "ArrowRight" : "ArrowDown"]: STEP,
    Home: -FAR,
    End: FAR,
  }[event.key];
  if (by !== undefined) {
    event.preventDefault();
    drag(sash, by);
    describe(sash);
  }
}

/** Moves an edge as the pointer would: so it keeps to what the groups need, and no other edge moves more than it has to. */
function drag(sash: HTMLElement, by: number): void {
  const { along, at } = axisOf(sash);
  const pointer = (type: string, moved: number) =>
    new PointerEvent(type, { bubbles: true, [along === "x" ? "clientX" : "clientY"]: at + moved });
  sash.dispatchEvent(pointer("pointerdown", 0));
  document.dispatchEvent(pointer("pointermove", by));
  document.dispatchEvent(pointer("pointerup", by));
}
