import { Pencil, RotateCw } from "lucide-react";
import { Button } from "react-aria-components";

import type { ProfileInfo } from "../../contract/ProfileInfo";
import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { useModel } from "../../platform/model";
import { FailureBox } from "../help/FailureBox";
import { actionWord } from "../session/words";
import { deskOf } from "../window/desk";
import { words } from "./words";

/** Why the chosen profile did not start or cannot, and what to do about it; nothing where all is well. */
export function ChosenTrouble({ info, writable }: { info: ProfileInfo; writable: boolean }) {
  const { profiles } = deskOf(useModel());
  const { id, state, problem } = info;
  const edit = writable && (
    <Button className="button" onPress={() => profiles.edit(id)}>
      <Icon of={Pencil} size="small" />
      {words.edit}
    </Button>
  );
  if (state.kind === "failed") {
    return (
      <div className="profiles-trouble" role="status" data-testid="profile-trouble">
        <FailureBox failure={state.failure} tone="danger">
          <Button className="button primary" data-testid="action-tryAgain" onPress={() => void profiles.start([info])}>
            <Icon of={RotateCw} size="small" />
            {actionWord("tryAgain")}
          </Button>
          {edit}
        </FailureBox>
      </div>
    );
  }
  return problem === null ? null : (
    <div className="profiles-trouble" role="status" data-testid="profile-trouble">
      <div className="tunnel-trouble" data-tone="warn">
        <StateMark mark="warn" />
        <div className="tunnel-trouble-words">
          <p className="tunnel-trouble-title selectable">{problem}</p>
        </div>
        <div className="tunnel-trouble-actions">{edit}</div>
      </div>
    </div>
  );
}
