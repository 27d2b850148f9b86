import { useState } from "react";
import { Button, Checkbox } from "react-aria-components";
import { Check } from "lucide-react";

import { Icon } from "../../design/Icon";
import { Question } from "../../design/parts";
import { pastedLines } from "./paste";
import { words } from "./words";

/** Most lines shown; the rest are counted. */
const SHOWN = 200;

export function PasteDialog({
  text,
  vm,
  onAnswer,
}: {
  text: string;
  vm: string;
  onAnswer: (answer: { paste: boolean; ask: boolean }) => void;
}) {
  const [never, setNever] = useState(false);
  const lines = pastedLines(text);
  return (
    <Question
      title={words.pasteTitle(lines.length)}
      wide="wide"
      testId="paste-guard"
      onClose={() => onAnswer({ paste: false, ask: true })}
      actions={
        <>
          <Checkbox className="checkbox" isSelected={never} onChange={setNever}>
            <span className="checkbox-box">{never && <Icon of={Check} size="tiny" />}</span>
            {words.pasteNever}
          </Checkbox>
          <Button className="button" onPress={() => onAnswer({ paste: false, ask: true })}>
            {words.cancel}
          </Button>
          <Button autoFocus className="button primary" onPress={() => onAnswer({ paste: true, ask: !never })}>
            {words.pasteConfirm}
          </Button>
        </>
      }
    >
      <p className="quiet">{words.pasteAdvice(vm)}</p>
      <ol className="paste-lines mono selectable">
        {lines.slice(0, SHOWN).map((line, index) => (
          // The lines are fixed: their place is their name.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>{line === "" ? " " : line}</li>
        ))}
        {lines.length > SHOWN && <li className="paste-more">… and {lines.length - SHOWN} more</li>}
      </ol>
    </Question>
  );
}
