import { Monitor, SquareTerminal } from "lucide-react";
import type { ReactNode } from "react";

import type { SessionInfo } from "../../contract/SessionInfo";
import { Icon } from "../../design/Icon";
import { protocolWord } from "./words";

/** The icon of each protocol. */
export const PROTOCOL_ICONS = { ssh: SquareTerminal, rdp: Monitor };

/** The line above a page's title: which VM, in what state, and where it is. */
export function Where({ session, children }: { session: SessionInfo; children?: ReactNode }) {
  const { name, project, zone } = session.instance;
  return (
    <div className="where">
      <span className="chip" title={name}>
        <Icon of={PROTOCOL_ICONS[session.protocol]} size="small" />
        <span className="ellipsis">
          {name} · {protocolWord(session.protocol)}
        </span>
      </span>
      {children}
      <span className="where-place ellipsis" title={`${project} · ${zone}`}>
        {project} · {zone}
      </span>
    </div>
  );
}
