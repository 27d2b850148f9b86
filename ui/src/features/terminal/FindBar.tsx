import { ChevronDown, ChevronUp, Search, X } from "lucide-react";
import { useState } from "react";

import { Icon } from "../../design/Icon";
import type { TerminalScreen } from "./screen";
import { words } from "./words";

export function FindBar({
  screen,
  matches,
  onClose,
}: {
  screen: TerminalScreen;
  matches: { index: number; count: number };
  onClose: () => void;
}) {
  const [text, setText] = useState("");
  const step = (direction: "next" | "previous") => screen.find(text, direction, "stepping");
  return (
    <div className="find" role="search">
      <Icon of={Search} size="small" />
      <input
        autoFocus
        aria-label={words.findPlaceholder}
        placeholder={words.findPlaceholder}
        value={text}
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value);
          screen.find(event.target.value, "next", "typing");
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            // The terminal has the keyboard next, and must not get this key's press.
            event.preventDefault();
            onClose();
          } else if (event.key === "Enter") {
            step(event.shiftKey ? "previous" : "next");
          }
        }}
      />
      {text !== "" && <span className="find-count">{words.matches(matches.index, matches.count)}</span>}
      <button type="button" className="icon-button small" aria-label={words.findPrevious} onClick={() => step("previous")}>
        <Icon of={ChevronUp} size="small" />
      </button>
      <button type="button" className="icon-button small" aria-label={words.findNext} onClick={() => step("next")}>
        <Icon of={ChevronDown} size="small" />
      </button>
      <button type="button" className="icon-button small" aria-label={words.findClose} onClick={onClose}>
        <Icon of={X} size="small" />
      </button>
    </div>
  );
}
