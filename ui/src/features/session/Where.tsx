import { SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";

import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { words } from "./words";

/** The line above a page's title: which VM, in what state, and where it is. */
export function Where({ session, children }: { session: SessionInfo; children?: ReactNode }) {
  const { name, project, zone } = session.instance;
  return (
    <div className="where">
      <span className="chip" title={name}>
        <Icon of={SquareTerminal} size="small" />
        <span className="ellipsis">
          {name} · {words.ssh}
        </span>
      </span>
      {children}
      <span className="where-place ellipsis" title={`${project} · ${zone}`}>
        {project} · {zone}
      </span>
    </div>
  );
}
