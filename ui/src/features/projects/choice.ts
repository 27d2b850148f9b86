/** Which of the found projects a person chooses. Whatever was not left out is chosen, what comes later as well. */

import type { ProjectInfo } from "../../contract/ProjectInfo";

/** Up to so many, nobody is asked which ones to show. */
export const FEW = 5;

/** Those with all the words in their id or their name. */
export function foundIn(projects: readonly ProjectInfo[], text: string): readonly ProjectInfo[] {
  const wanted = text.toLowerCase().split(/\s+/).filter((word) => word !== "");
  if (wanted.length === 0) {
    return projects;
  }
  return projects.filter(({ id, name }) => {
    const all = `${id} ${name}`.toLowerCase();
    return wanted.every((word) => all.includes(word));
  });
}

/** The ids of those that are left out now. */
export function leftOutOf(projects: readonly ProjectInfo[]): ReadonlySet<string> {
  return new Set(projects.filter(({ chosen }) => !chosen).map(({ id }) => id));
}

/** What is left out once exactly these of the shown ones are chosen. What is not shown stays as it is. */
export function withChosen(leftOut: ReadonlySet<string>, shown: readonly ProjectInfo[], chosen: ReadonlySet<string>): ReadonlySet<string> {
  const after = new Set(leftOut);
  for (const { id } of shown) {
    if (chosen.has(id)) {
      after.delete(id);
    } else {
      after.add(id);
    }
  }
  return after;
}

/**
 * The value of the setting: none stands for all. Ids that were chosen before and are not found now stay in it: their
 * account may have to sign in again. `null` where nothing would be shown.
 */
export function valueOf(projects: readonly ProjectInfo[], leftOut: ReadonlySet<string>, before: readonly string[]): string[] | null {
  const chosen = projects.filter(({ id }) => !leftOut.has(id)).map(({ id }) => id);
  if (chosen.length === projects.length) {
    return [];
  }
  const known = new Set(projects.map(({ id }) => id));
  return chosen.length === 0 ? null : [...chosen, ...before.filter((id) => !known.has(id))];
}
