import { FolderDown, Info, KeyRound, Printer, ShieldAlert, ShieldCheck, X } from "lucide-react";
import { useEffect, useState } from "react";

import type { Note } from "../../contract/Note";
import type { NoteKind } from "../../contract/NoteKind";
import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { remark, remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";
import { words as desktopWords } from "../desktop/words";
import { words } from "./words";

const ICONS: Record<NoteKind, typeof X> = { rootKey: ShieldAlert, keyPublished: KeyRound, hostKey: ShieldCheck, passwordSet: KeyRound, limited: Info, filesSaved: FolderDown, printed: Printer };
/** How long a note that only tells stays in sight, in milliseconds. */
const PASSING = 8000;

/** Whether a note leaves by itself: what gives somebody power over a VM is to be read. */
function passes(kind: NoteKind): boolean {
  switch (kind) {
    case "rootKey":
    case "passwordSet":
      return false;
    case "limited":
    case "filesSaved":
    case "printed":
    case "keyPublished":
    case "hostKey":
      return true;
  }
}

/** The remark above the content that stays until it is dismissed. */
export function Notes({ session }: { session: SessionInfo }) {
  const notes = session.notes.filter(({ kind }) => !passes(kind));
  return notes.length === 0 ? null : (
    <ul className="notes">
      {notes.map((note) => (
        <li className="note" data-kind={note.kind} key={note.kind}>
          <NoteLine session={session} note={note} />
        </li>
      ))}
    </ul>
  );
}

/** The remarks that leave by themselves, over the content: it need not change its size for them. */
export function PassingNotes({ session, visible }: { session: SessionInfo; visible: boolean }) {
  const notes = session.notes.filter(({ kind }) => passes(kind));
  return notes.length === 0 ? null : (
    <div className="notes-passing">
      {notes.map((note) => (
        <PassingNote session={session} note={note} key={note.kind} running={visible} />
      ))}
    </div>
  );
}

function PassingNote({ session, note, running }: { session: SessionInfo; note: Note; running: boolean }) {
  const backend = useBackend();
  const [held, setHeld] = useState(false);
  const { id } = session;
  const { kind, text } = note;
  // Another text of the same kind stays as long as any.
  useEffect(() => {
    if (!running || held) {
      return;
    }
    const timer = setTimeout(() => {
      backend.call("session_dismiss_note", { id, kind }).catch(remarkFailure);
    }, PASSING);
    return () => clearTimeout(timer);
  }, [backend, id, kind, text, running, held]);
  return (
    // Only holds its own leaving up while it is read.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      className="note passing"
      data-kind={kind}
      role="status"
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
    >
      <NoteLine session={session} note={note} />
    </div>
  );
}

function NoteLine({ session, note: { kind, text } }: { session: SessionInfo; note: Note }) {
  const backend = useBackend();
  return (
    <>
      <Icon of={ICONS[kind]} size="small" />
      <span className="note-text selectable">{text}</span>
      {kind === "passwordSet" && session.desktop?.madePassword === true && (
        <button
          type="button"
          className="link"
          data-testid="copy-password"
          onClick={() => {
            backend.call("session_copy_password", { id: session.id }).then(() => remark(desktopWords.passwordCopied), remarkFailure);
          }}
        >
          {words.copyPassword}
        </button>
      )}
      <button
        type="button"
        className="icon-button small"
        aria-label={words.dismiss}
        title={words.dismiss}
        onClick={() => {
          backend.call("session_dismiss_note", { id: session.id, kind }).catch(remarkFailure);
        }}
      >
        <Icon of={X} size="small" />
      </button>
    </>
  );
}
