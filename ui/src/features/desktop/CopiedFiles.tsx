import { X } from "lucide-react";
import { useState } from "react";
import { Button } from "react-aria-components";

import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { Spinner } from "../../design/parts";
import type { DesktopCommand } from "../window/desktops";
import { words } from "./words";

/**
 * Offers to save files that were copied on the desktop, and shows how far that is. The tools offer the same. `onPressed`:
 * the button that had the focus is going away.
 */
export function CopiedFiles({ session, run, onPressed }: { session: SessionInfo; run: (command: DesktopCommand) => void; onPressed: () => void }) {
  /** The number of the files that were offered and need not be once more. */
  const [seen, setSeen] = useState<number | null>(null);
  const files = session.desktop?.files ?? { kind: "none" };
  // Another connection counts anew.
  if (files.kind === "none" && seen !== null) {
    setSeen(null);
  }
  if (files.kind === "saving") {
    return (
      <div className="pane-notice" data-testid="desktop-saving">
        <Spinner />
        <p role="progressbar" aria-label={words.saving(files.percent)} aria-valuenow={files.percent}>
          {words.saving(files.percent)}
        </p>
        <Button
          className="button"
          aria-label={words.stopSaving}
          onPress={() => {
            run({ kind: "stopSaving" });
            onPressed();
          }}
        >
          {words.stopShort}
        </Button>
      </div>
    );
  }
  if (files.kind === "none" || seen === files.number) {
    return null;
  }
  return (
    <div className="pane-notice" role="status" data-testid="desktop-files-offered">
      <p>{words.filesCopied(session.instance.name)}</p>
      <Button
        className="button"
        onPress={() => {
          setSeen(files.number);
          run({ kind: "saveFiles" });
          onPressed();
        }}
      >
        {words.saveShort}
      </Button>
      <Button
        className="icon-button small"
        aria-label={words.dismiss}
        onPress={() => {
          setSeen(files.number);
          onPressed();
        }}
      >
        <Icon of={X} size="small" />
      </Button>
    </div>
  );
}
