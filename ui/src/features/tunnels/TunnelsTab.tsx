import type { IDockviewPanelHeaderProps } from "dockview-react";
import { ArrowLeftRight } from "lucide-react";

import { Icon } from "../../design/Icon";
import { TabClose } from "../session/SessionTab";
import { words } from "./words";

/** The tab of the tunnels. */
export function TunnelsTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="tab" data-testid="tab-tunnels">
      <Icon of={ArrowLeftRight} size="small" />
      <span className="tab-name ellipsis">{api.title}</span>
      <TabClose id={api.id} label={words.close} />
    </div>
  );
}
