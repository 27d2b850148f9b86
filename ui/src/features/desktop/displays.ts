/** Which displays one window can cover. Core has the last word; what cannot work is not offered. */

import type { DisplayInfo } from "../../contract/DisplayInfo";
import type { Displays } from "../../contract/Displays";
import type { WindowPlacing } from "../../contract/WindowPlacing";

/** Nothing is known of them: the window fills the one that it is on. */
export const NO_DISPLAYS: Displays = { all: [], placing: "program" };

/** Why a window does not cover displays. */
export type SpanFault = "placed by the system" | "not side by side";

/** Why one window cannot cover several displays, or `null`: they have to lie side by side, and share rows of pixels. */
export function spanFault(displays: readonly DisplayInfo[], placing: WindowPlacing): SpanFault | null {
  if (displays.length > 1 && placing === "system") {
    return "placed by the system";
  }
  const sorted = displays.toSorted((a, b) => a.x - b.x);
  const touch = sorted.every((display, place) => {
    const before = sorted[place - 1];
    return before === undefined || before.x + before.width === display.x;
  });
  const top = Math.max(...sorted.map(({ y }) => y));
  const bottom = Math.min(...sorted.map(({ y, height }) => y + height));
  return sorted.length > 0 && touch && top < bottom ? null : "not side by side";
}
