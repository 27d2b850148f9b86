import { useLayoutEffect, useRef } from "react";

import { ago, nextAgo } from "./time";

/**
 * Words with a time in them ("List 2 min ago"), kept up for as long as they are on the screen. They are written past
 * React: what an idle window does every minute is all that it costs, and to draw anew what is around them takes a
 * hundred times as long.
 */
export function Ago({ then, say }: { then: number; say: (when: string) => string }) {
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const write = () => {
      const now = Date.now();
      if (element.current !== null) {
        element.current.textContent = say(ago(then, now));
      }
      timer = setTimeout(write, nextAgo(then, now));
    };
    write();
    return () => clearTimeout(timer);
  }, [then, say]);
  return <span ref={element} />;
}
