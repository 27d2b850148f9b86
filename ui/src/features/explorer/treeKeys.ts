/** What a key does in the tree (the ARIA tree pattern). */

import type { InstanceRef } from "../../contract/InstanceRef";
import type { Os } from "../../contract/Os";
import type { TreeRow } from "../../contract/TreeRow";
import { vmOf } from "./rows";

export type TreeIntent =
  | { kind: "move"; index: number }
  | { kind: "toggle"; row: TreeRow; expanded: boolean }
  | { kind: "openSiblings"; row: TreeRow }
  | { kind: "activate"; row: TreeRow }
  | { kind: "chooseHow"; to: { instance: InstanceRef; os: Os } }
  | { kind: "menu"; row: TreeRow }
  | { kind: "find"; text: string };

export interface TreeKeyState {
  /** Index of the active row. */
  active: number;
  total: number;
  /** Rows on one page. */
  page: number;
  row: (index: number) => TreeRow | null;
}

export interface TreeKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

export function treeIntent(stroke: TreeKey, state: TreeKeyState): TreeIntent | null {
  const { key } = stroke;
  if (stroke.ctrlKey || stroke.metaKey || stroke.altKey || state.total === 0) {
    return null;
  }
  const { active, total } = state;
  const row = state.row(active);
  const move = (index: number): TreeIntent => ({ kind: "move", index: Math.min(total - 1, Math.max(0, index)) });
  switch (key) {
    case "ArrowDown":
      return move(active + 1);
    case "ArrowUp":
      return move(active - 1);
    case "Home":
      return move(0);
    case "End":
      return move(total - 1);
    case "PageDown":
      return move(active + state.page);
    case "PageUp":
      return move(active - state.page);
    case "ArrowRight":
      if (row === null || row.expanded === null) {
        return null;
      }
      return row.expanded ? move(active + 1) : { kind: "toggle", row, expanded: true };
    case "ArrowLeft":
      if (row === null) {
        return null;
      }
      if (row.expanded === true) {
        return { kind: "toggle", row, expanded: false };
      }
      return row.parent === null ? null : move(row.parent);
    case "Enter": {
      if (row === null) {
        return null;
      }
      const to = stroke.shiftKey ? vmOf(row) : null;
      if (to !== null) {
        return { kind: "chooseHow", to };
      }
      return row.expanded === null ? { kind: "activate", row } : { kind: "toggle", row, expanded: !row.expanded };
    }
    case "ContextMenu":
      return row === null ? null : { kind: "menu", row };
    case "F10":
      return row === null || !stroke.shiftKey ? null : { kind: "menu", row };
    case "*":
      return row === null ? null : { kind: "openSiblings", row };
    default:
      return key.length === 1 && key !== " " ? { kind: "find", text: key } : null;
  }
}

/** Collects what is typed into a search word; a rest of 700 ms begins a new one. */
export class Typeahead {
  #text = "";
  #at = 0;

  /**
   * The word after `key`, and whether the search begins behind the active row (a new word, or the same
   * letter again) or at it.
   */
  add(key: string, now: number): { text: string; from: "active" | "next" } {
    const again = this.#text === key && now - this.#at <= 700;
    this.#text = now - this.#at > 700 || again ? key : this.#text + key;
    this.#at = now;
    return { text: this.#text, from: this.#text.length === 1 ? "next" : "active" };
  }
}
