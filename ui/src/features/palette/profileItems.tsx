import { Folder } from "lucide-react";

import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { useModel } from "../../platform/model";
import { ACTION_ICONS } from "../profiles/icons";
import { isOn, useDoing } from "../profiles/state";
import type { ProfileInfo } from "../../contract/ProfileInfo";
import { useProfiles } from "../profiles/useProfiles";
import { targetWord } from "../profiles/words";
import { deskOf } from "../window/desk";
import { matches } from "./match";
import { words } from "./words";
import type { Item } from "./Palette";

/** Most profiles shown. */
const LIMIT = 8;

/** The profiles that a text means by their names and folders; Enter starts one, or goes to what it has started. */
export function useProfileItems(text: string): { items: Item[]; exact: boolean } {
  const { profiles } = deskOf(useModel());
  const { list } = useProfiles();
  const typed = text.trim().toLowerCase();
  const named = (info: ProfileInfo) => info.profile.name.toLowerCase() === typed;
  if (typed === "" || list === null) {
    return { items: [], exact: false };
  }
  const found = list.profiles
    .filter(({ profile }) => matches([profile.name, ...profile.folder].join(" "), text))
    // The one that is called exactly so comes first.
    .toSorted((one, other) => Number(named(other)) - Number(named(one)))
    .slice(0, LIMIT);
  return {
    exact: found.some(named),
    items: found.map((info) => {
      const { name, target, action, folder } = info.profile;
      return {
        key: `profile-${info.id}`,
        label: isOn(info) ? words.profileShow(name) : words.profileStart(name),
        icon: <Icon of={ACTION_ICONS[action.kind]} size="small" />,
        detail: (
          <>
            <span className="ellipsis">{targetWord(target, action)}</span>
            {folder.length > 0 && (
              <span className="palette-folder" title={folder.join(" › ")}>
                <Icon of={Folder} size="tiny" />
                <span className="ellipsis">{folder.at(-1)}</span>
              </span>
            )}
            <State info={info} />
          </>
        ),
        run: () => void profiles.go(info),
      };
    }),
  };
}

function State({ info }: { info: ProfileInfo }) {
  const { kind, mark, word } = useDoing(info);
  return kind === "idle" ? null : <StateMark mark={mark} label={word} />;
}
