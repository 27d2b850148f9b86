import type { IDockviewPanelHeaderProps } from "dockview-react";
import { MessageCircleQuestionMark } from "lucide-react";

import { Icon } from "../../design/Icon";
import { useModel } from "../../platform/model";
import { TabClose } from "../session/SessionTab";
import { deskOf } from "../window/desk";
import type { ExplainParams } from "./ExplainPanel";
import { words } from "./words";

/** The tab of an explanation. */
export function ExplainTab({ api, params }: IDockviewPanelHeaderProps<ExplainParams>) {
  const desk = deskOf(useModel());
  const { title } = params;
  return (
    <div
      className="tab"
      data-testid={`tab-${title}`}
      title={title}
      onAuxClick={(event) => {
        if (event.button === 1) {
          desk.askClose(api.id);
        }
      }}
    >
      <Icon of={MessageCircleQuestionMark} size="small" />
      <span className="tab-name ellipsis">{title}</span>
      <TabClose id={api.id} label={words.close(title)} />
    </div>
  );
}
