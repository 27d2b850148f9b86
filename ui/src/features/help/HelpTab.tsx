import type { IDockviewPanelHeaderProps } from "dockview-react";
import { CircleHelp } from "lucide-react";

import { Icon } from "../../design/Icon";
import { TabClose } from "../session/SessionTab";
import { words } from "./words";

/** The tab of the help. */
export function HelpTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="tab" data-testid="tab-help">
      <Icon of={CircleHelp} size="small" />
      <span className="tab-name ellipsis">{api.title}</span>
      <TabClose id={api.id} label={words.close} />
    </div>
  );
}
