/** An expression cut at the parts whose value is known, and a sentence cut at the names in it. */

import type { Expression } from "../../contract/Expression";
import type { Truth } from "../../contract/Truth";

/** A stretch of an expression; `null` is what stands between the parts. */
export interface Segment {
  text: string;
  truth: Truth | null;
}

/**
 * The whole source in stretches. Parts count UTF-16 code units. What lies outside the source is cut off; of two
 * parts that overlap the earlier one has the place; no character is cut in half.
 */
export function segmentsOf({ source, parts }: Expression): Segment[] {
  const segments: Segment[] = [];
  let done = 0;
  const add = (to: number, truth: Truth | null) => {
    if (to > done) {
      segments.push({ text: source.slice(done, to), truth });
      done = to;
    }
  };
  for (const part of parts.toSorted((one, other) => one.start - other.start)) {
    const start = Math.max(done, boundary(source, part.start));
    const end = boundary(source, part.end);
    if (end > start) {
      add(start, null);
      add(end, part.truth);
    }
  }
  add(source.length, null);
  return segments;
}

/** The place in the text that is nearest, and not within a surrogate pair. */
function boundary(text: string, at: number): number {
  const whole = Number.isFinite(at) ? Math.trunc(at) : 0;
  const place = Math.min(text.length, Math.max(0, whole));
  const within = isSurrogate(text, place - 1, 0xd800) && isSurrogate(text, place, 0xdc00);
  return within ? place + 1 : place;
}

/** Whether a surrogate of the half that begins at `half` stands there. */
function isSurrogate(text: string, at: number, half: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= half && unit < half + 0x400;
}

/** A stretch of a sentence: a name in it, or source between backquotes, them included. */
export interface Phrase {
  text: string;
  kind: "plain" | "name" | "source";
}

/** The sentence, cut at the names and the source in it; the longest name has the place. */
export function phrasesOf(sentence: string, names: readonly string[]): Phrase[] {
  const wanted = names.filter((name) => name !== "").toSorted((one, other) => other.length - one.length);
  const phrases: Phrase[] = [];
  let plain = "";
  for (let at = 0; at < sentence.length; ) {
    const source = sourceAt(sentence, at);
    const name = wanted.find((one) => sentence.startsWith(one, at) && standsAlone(sentence, at, at + one.length));
    const text = source ?? name;
    if (text === undefined) {
      plain += sentence.charAt(at);
      at += 1;
    } else {
      if (plain !== "") {
        phrases.push({ text: plain, kind: "plain" });
        plain = "";
      }
      phrases.push({ text, kind: source === undefined ? "name" : "source" });
      at += text.length;
    }
  }
  return plain === "" ? phrases : [...phrases, { text: plain, kind: "plain" }];
}

/** What stands between the backquote at a place and the next one. */
function sourceAt(sentence: string, at: number): string | undefined {
  const end = sentence.charAt(at) === "`" ? sentence.indexOf("`", at + 1) : -1;
  return end === -1 ? undefined : sentence.slice(at, end + 1);
}

/** Whether no word goes on at either end: `corp` is not named by `corp_net`. */
function standsAlone(text: string, start: number, end: number): boolean {
  return !/[\p{L}\p{N}_]/u.test(text.charAt(start - 1)) && !/[\p{L}\p{N}_]/u.test(text.charAt(end));
}
