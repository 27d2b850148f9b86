import { KeyRound, ShieldAlert, ShieldCheck, X } from "lucide-react";

import type { NoteKind } from "../../contract/NoteKind";
import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";
import { words } from "./words";

const ICONS: Record<NoteKind, typeof X> = { rootKey: ShieldAlert, keyPublished: KeyRound, hostKey: ShieldCheck };

/** Remarks above the terminal, each until it is dismissed. */
export function Notes({ session }: { session: SessionInfo }) {
  const backend = useBackend();
  return (
    <ul className="notes">
      {session.notes.map(({ kind, text }) => (
        <li className="note" data-kind={kind} key={kind}>
          <Icon of={ICONS[kind]} size="small" />
          <span className="note-text selectable">{text}</span>
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
        </li>
      ))}
    </ul>
  );
}
