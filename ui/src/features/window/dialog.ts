/** Which dialog has the window. */

const DIALOG = "[role=dialog], [role=alertdialog]";

/**
 * The dialog in which the element stands, else the one that lies over the window, wherever the element stands; `null` where
 * there is none. A message beside a dialog is not in it, and must not act behind it. The palette is none: it gives way to
 * whatever is opened.
 */
export function dialogAt(element: Element | null): Element | null {
  const within = element?.closest(DIALOG) ?? null;
  if (within !== null) {
    return within;
  }
  // Those that lie over the window come after it; a question in a tab hides nothing but that tab.
  const over = [...document.querySelectorAll(DIALOG)].filter((dialog) => dialog.closest(".window, .palette") === null);
  return over.at(-1) ?? null;
}
