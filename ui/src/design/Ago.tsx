import { useLayoutEffect, useRef } from "react";

import { ago, nextAgo } from "./time";

/**
 * Words with a time in them ("List 2 min ago"), kept up for as long as they are on the screen. They are written past
 * React: what an idle window does every minute is all that it costs, and to draw anew what is around them takes
 * several times as long.
 */
export function Ago({ then, say }: { then: number; say: (when: string) => string }) {
  const element = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const write = () => {
      const now = Date.now();
      const text = say(ago(then, now));
      if (element.current !== null && element.current.textContent !== text) {
        element.current.textContent = text;
      }
      clearTimeout(timer);
      timer = setTimeout(write, nextAgo(then, now));
    };
    write();
    // A timer stands still while the computer sleeps: whoever comes back sees the present.
    window.addEventListener("focus", write);
    document.addEventListener("visibilitychange", write);
    return () => {
      clearTimeout(timer);
      window.removeEventListener("focus", write);
      document.removeEventListener("visibilitychange", write);
    };
  }, [then, say]);
  return <span ref={element} />;
}
