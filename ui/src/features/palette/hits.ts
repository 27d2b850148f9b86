/** The VMs that a text means. */

import { useEffect, useState } from "react";

import type { SearchHit } from "../../contract/SearchHit";
import { remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";

/** How long typing rests before it is searched for. */
const REST = 60;

/** The VMs that a text means, at most `limit`, once typing rests. */
export function useHits(text: string, limit: number): SearchHit[] {
  const backend = useBackend();
  const [hits, setHits] = useState<SearchHit[]>([]);
  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        backend.call("search", { text, limit }).then((found) => {
          if (wanted) {
            setHits(found);
          }
          return undefined;
        }, remarkFailure);
      },
      text === "" ? 0 : REST,
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [backend, text, limit]);
  return hits;
}
