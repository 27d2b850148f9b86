import { Button } from "react-aria-components";

import { Question } from "../../design/parts";
import { useModel } from "../../platform/model";
import { TopicLink } from "../help/HelpLink";
import { deskOf, useDesk } from "../window/desk";
import { words } from "./words";
import "./profiles.css";

/** What an import has come to: which programs it would start, and all that was left out. */
export function Imported() {
  const desk = deskOf(useModel());
  const imported = useDesk(desk, (state) => state.imported);
  if (imported === null) {
    return null;
  }
  const close = () => desk.change({ imported: null });
  return (
    <Question
      wide="wide"
      title={words.importedTitle(imported)}
      testId="profiles-imported"
      onClose={close}
      actions={
        <Button autoFocus className="button primary" onPress={close}>
          {words.importedDone}
        </Button>
      }
    >
      <p className="quiet">
        {imported.added > 0 && words.importedInto(imported.folder)} <TopicLink topic="import" />
      </p>
      {imported.runs.length > 0 && (
        <>
          <Lines title={words.importedRuns} lines={imported.runs} />
          <p className="quiet">{words.importedRunsSay}</p>
        </>
      )}
      {imported.notes.length > 0 && <Lines title={words.importedNotes} lines={imported.notes} />}
    </Question>
  );
}

/** Lines under a heading, each once. They may be many, and are scrolled by the keyboard too. */
function Lines({ title, lines }: { title: string; lines: readonly string[] }) {
  return (
    <>
      <h3 className="caps">{title}</h3>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <ul className="imported-notes selectable" tabIndex={0} aria-label={title}>
        {[...new Set(lines)].map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </>
  );
}
