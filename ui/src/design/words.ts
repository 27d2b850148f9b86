/** What is said wherever there is something to say. */

import type { Os } from "../contract/Os";

export const MESSAGES = { dismiss: "Dismiss", label: "Messages" };

export const OS_WORDS: Record<Os, string> = { linux: "Linux", windows: "Windows", unknown: "System not known" };

/** What is no failure of a kind that is known. */
export const MISTAKE = { title: "Adit made a mistake", advice: "Try again. If it happens once more, restart Adit." };
