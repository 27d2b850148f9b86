/** Keys that the system here keeps for itself, sent from a menu. */

export type Chord = "secure" | "start" | "windows" | "switch" | "closeWindow" | "print";

/** The keys of each, by `KeyboardEvent.code`. */
export const CHORDS: Readonly<Record<Chord, readonly string[]>> = {
  secure: ["ControlLeft", "AltLeft", "Delete"],
  start: ["ControlLeft", "Escape"],
  windows: ["MetaLeft"],
  switch: ["AltLeft", "Tab"],
  closeWindow: ["AltLeft", "F4"],
  print: ["PrintScreen"],
};

export const CHORD_NAMES = Object.keys(CHORDS) as Chord[];
