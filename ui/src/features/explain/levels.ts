/** The rows of an access level, as the card shows them. */

import type { LevelCard } from "../../contract/LevelCard";
import type { LevelRow } from "../../contract/LevelRow";

/** The requirements of one of the level's conditions. */
export interface ConditionGroup {
  condition: number;
  rows: LevelRow[];
}

/** The rows by their condition, in the order of the conditions; within one as they came. */
export function groupsOf(rows: readonly LevelRow[]): ConditionGroup[] {
  const groups = new Map<number, LevelRow[]>();
  for (const row of rows) {
    const group = groups.get(row.condition);
    if (group === undefined) {
      groups.set(row.condition, [row]);
    } else {
      group.push(row);
    }
  }
  return [...groups]
    .map(([condition, rows]) => ({ condition, rows }))
    .toSorted((one, other) => one.condition - other.condition);
}

/** What the last column says of a row. */
export type RowState = "met" | "looksMet" | "notMet" | "unknown";

/**
 * A row's state. Where this computer has what is wanted but only Google's device record counts, the value is
 * not known and still looks met. What follows from the refusal is not met.
 */
export function stateOf({ truth, inferred, have }: LevelRow): RowState {
  if (inferred || truth === "notMet") {
    return "notMet";
  }
  if (truth === "met") {
    return "met";
  }
  return have === null ? "unknown" : "looksMet";
}

/** Whether a value is an address or a list of ranges, which is set in the letters of code. */
export function isAddress(value: string): boolean {
  return /^[0-9a-f.:/,\s]+$/i.test(value) && /\d[.:]|:[0-9a-f]/i.test(value);
}

/** The last part of the level's name, which sentences use. */
export function shortOf({ name }: LevelCard): string {
  return name.slice(name.lastIndexOf("/") + 1);
}
