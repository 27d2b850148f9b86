import type { ReactNode } from "react";

import type { SessionInfo } from "../../contract/SessionInfo";
import { OsIcon } from "../../design/Icon";
import { words } from "./words";

/** The line above a page's title: which VM, in what state, and where it is. */
export function Where({ session, children }: { session: SessionInfo; children?: ReactNode }) {
  const { name, project, zone } = session.instance;
  return (
    <div className="where">
      <span className="chip" title={name}>
        <OsIcon os="linux" />
        <span className="ellipsis">
          {name} · {words.ssh}
        </span>
      </span>
      {children}
      <span className="where-place ellipsis">
        {project} · {zone}
      </span>
    </div>
  );
}
