import { Button } from "react-aria-components";

import { Question } from "../../design/parts";
import { words } from "./words";

/** Asks before profiles and folders are removed. */
export function AskRemove({
  names,
  folders,
  onAnswer,
}: {
  /** The names of the profiles. */
  names: readonly string[];
  /** The names of the folders. */
  folders: readonly string[];
  onAnswer: (answer: "yes" | "no") => void;
}) {
  return (
    <Question
      title={words.removeTitle(names, folders)}
      testId="profile-remove"
      onClose={() => onAnswer("no")}
      actions={
        <>
          <Button autoFocus className="button" onPress={() => onAnswer("no")}>
            {words.cancel}
          </Button>
          <Button className="button danger" data-testid="profile-remove-confirm" onPress={() => onAnswer("yes")}>
            {words.removeConfirm}
          </Button>
        </>
      }
    >
      {names.length + folders.length > 1 && <p className="ask-remove-names selectable">{words.removeNames([...names, ...folders])}</p>}
      <p className="quiet">{words.removeSays(names.length, folders.length)}</p>
    </Question>
  );
}
