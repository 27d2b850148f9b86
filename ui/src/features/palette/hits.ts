/** The VMs that a text means. */

import { useEffect, useRef, useState } from "react";

import type { SearchHit } from "../../contract/SearchHit";
import { remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";

/** How long typing rests before it is searched for. */
const REST = 60;

/** What was found, and whether it is what the text of now means: until then it is what the one before meant. */
export interface Hits {
  hits: SearchHit[];
  fresh: boolean;
}

/** The VMs that a text means, at most `limit`, once typing rests. */
export function useHits(text: string, limit: number): Hits {
  const backend = useBackend();
  const [found, setFound] = useState<{ text: string | null; hits: SearchHit[] }>({ text: null, hits: [] });
  useEffect(() => {
    let wanted = true;
    const take = (hits: SearchHit[]) => {
      if (wanted) {
        setFound({ text, hits });
      }
    };
    const timer = setTimeout(
      () => {
        backend.call("search", { text, limit }).then(take, (error: unknown) => {
          take([]);
          remarkFailure(error);
        });
      },
      text === "" ? 0 : REST,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [backend, text, limit]);
  return { hits: found.hits, fresh: found.text === text };
}

/**
 * Does something with the hits once they are those of the text: whoever types fast and presses Enter means what was
 * typed, not what is still shown for the text before. Typing on calls it off.
 */
export function useOnceFresh<T>(text: string, fresh: boolean, act: (how: T) => void): (how: T) => void {
  const pressed = useRef<{ text: string; how: T } | null>(null);
  useEffect(() => {
    const waiting = pressed.current;
    if (waiting !== null && (fresh || waiting.text !== text)) {
      pressed.current = null;
      if (waiting.text === text) {
        act(waiting.how);
      }
    }
  });
  return (how) => {
    if (fresh) {
      act(how);
    } else {
      pressed.current = { text, how };
    }
  };
}
