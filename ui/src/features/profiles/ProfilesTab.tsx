import type { IDockviewPanelHeaderProps } from "dockview-react";
import { Bookmark } from "lucide-react";

import { Icon } from "../../design/Icon";
import { TabClose } from "../session/SessionTab";
import { words } from "./words";

/** The tab of the profiles. */
export function ProfilesTab({ api }: IDockviewPanelHeaderProps) {
  return (
    <div className="tab" data-testid="tab-profiles">
      <Icon of={Bookmark} size="small" />
      <span className="tab-name ellipsis">{api.title}</span>
      <TabClose id={api.id} label={words.close} />
    </div>
  );
}
