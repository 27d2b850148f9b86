/** What a key does in the list of tunnels (the ARIA grid pattern, by rows). */

export type ListIntent =
  | { kind: "move"; index: number }
  | { kind: "details" }
  | { kind: "toggle" }
  | { kind: "remove" }
  | { kind: "edit" }
  | { kind: "copy" }
  | { kind: "menu" };

export interface ListKey {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

/** `page` is how many rows are in sight. */
export function listIntent(stroke: ListKey, active: number, total: number, page: number): ListIntent | null {
  const { key } = stroke;
  if (total === 0 || stroke.altKey) {
    return null;
  }
  // The usual key for it, while no text is chosen.
  if ((stroke.ctrlKey || stroke.metaKey) && !stroke.shiftKey && key.toLowerCase() === "c") {
    return { kind: "copy" };
  }
  if (stroke.ctrlKey || stroke.metaKey) {
    return null;
  }
  const move = (index: number): ListIntent => ({ kind: "move", index: Math.min(total - 1, Math.max(0, index)) });
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
      return move(active + page);
    case "PageUp":
      return move(active - page);
    case "Enter":
      return { kind: "details" };
    case " ":
      return { kind: "toggle" };
    case "Delete":
    case "Backspace":
      return { kind: "remove" };
    case "F2":
      return { kind: "edit" };
    case "ContextMenu":
      return { kind: "menu" };
    case "F10":
      return stroke.shiftKey ? { kind: "menu" } : null;
    default:
      return null;
  }
}
