import { Bookmark, Download, FolderPlus, Play, Plus, Search, X } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { Button } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { ProfileList } from "../../contract/ProfileList";
import { Icon } from "../../design/Icon";
import { useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import { FailureBox } from "../help/FailureBox";
import { ChosenTrouble } from "./Trouble";
import { FolderDialog, type FolderNaming } from "./FolderDialog";
import { ProfileTree } from "./ProfileTree";
import { isOn } from "./state";
import { chosenFolders, chosenProfiles, keyOfProfile, seenIn, treeOf } from "./tree";
import { useProfiles } from "./useProfiles";
import { words } from "./words";
import "./profiles.css";

/** The page of profiles: a field to find them, the tree, and why the chosen one cannot start. */
export function ProfilesPage() {
  const { list, failure } = useProfiles();
  const isEmpty = list !== null && list.profiles.length === 0 && list.folders.length === 0;
  return (
    <div className="panel">
      <section className="profiles" data-testid="profiles" aria-label={words.title} aria-busy={list === null && failure === null}>
        <header className="profiles-top">
          <h1 className="page-title" tabIndex={-1}>
            {words.title}
          </h1>
          <p className="quiet ellipsis">{words.lead}</p>
        </header>
        <ListTrouble list={list} failure={failure} />
        {isEmpty ? <Empty writable={list.writable} /> : list !== null && <Filled list={list} />}
      </section>
    </div>
  );
}

/** What is wrong with the list as a whole. */
function ListTrouble({ list, failure }: { list: ProfileList | null; failure: Failure | null }) {
  const trouble = failure ?? list?.trouble ?? null;
  return trouble === null ? null : (
    <div className="profiles-trouble" role="alert">
      <FailureBox failure={trouble} more={list?.writable === false ? words.readOnly : ""} tone={list?.writable === true ? "warn" : "danger"} />
    </div>
  );
}

function Filled({ list }: { list: ProfileList }) {
  const desk = deskOf(useModel());
  const { profiles } = desk;
  const allChosen = useDesk(desk, (state) => state.profileKeys);
  const [text, setText] = useState("");
  const [naming, setNaming] = useState<FolderNaming | null>(null);
  const place = useRef<HTMLDivElement>(null);
  const nodes = useMemo(() => treeOf(list, text), [list, text]);
  const { list: seen, keys } = useMemo(() => seenIn(nodes, list, allChosen), [nodes, list, allChosen]);
  const chosen = useMemo(() => chosenProfiles(seen, keys), [seen, keys]);
  const startable = chosen.filter((info) => !isOn(info));
  const [only] = keys.size === 1 ? list.profiles.filter(({ id }) => keys.has(keyOfProfile(id))) : [];
  const [folder = []] = chosenFolders(keys);
  // The row that had the keyboard, else one that is chosen; the tree itself while its rows are still to be drawn.
  const focusTree = () => {
    const found = ["[role=row][tabindex='0']", "[role=row][aria-selected=true]", "[role=treegrid]"].map((wanted) => place.current?.querySelector<HTMLElement>(wanted));
    found.find((element) => element !== null && element !== undefined)?.focus();
  };
  return (
    <>
      <div className="profiles-tools" role="toolbar" aria-label={words.title}>
        <div className="profiles-find">
          <Icon of={Search} size="small" />
          <input
            className="field"
            data-front
            data-testid="profiles-find"
            aria-label={words.find}
            placeholder={words.find}
            spellCheck={false}
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === "Escape" && text !== "") {
                event.stopPropagation();
                setText("");
              } else if (event.key === "ArrowDown" || event.key === "Enter") {
                event.preventDefault();
                focusTree();
              }
            }}
          />
          {text !== "" && (
            <button type="button" className="icon-button small" aria-label={words.findClear} onClick={() => setText("")}>
              <Icon of={X} size="tiny" />
            </button>
          )}
        </div>
        <Button
          className="button"
          data-testid="profiles-start"
          isDisabled={startable.length === 0}
          onPress={() => void profiles.start(startable)}
        >
          <Icon of={Play} size="small" />
          {words.start(startable.length)}
        </Button>
        <Button
          className="button"
          data-testid="profiles-new-folder"
          isDisabled={!list.writable}
          onPress={() => setNaming({ kind: "new", inside: folder })}
        >
          <Icon of={FolderPlus} size="small" />
          <span className="profiles-tool">{words.newFolder}</span>
        </Button>
        <Button className="button" data-testid="profiles-import" isDisabled={!list.writable} onPress={() => void profiles.import()}>
          <Icon of={Download} size="small" />
          <span className="profiles-tool">{words.import}</span>
        </Button>
        <Button
          className="button primary"
          data-testid="profile-new"
          isDisabled={!list.writable}
          onPress={() => profiles.create(only === undefined ? folder : only.profile.folder)}
        >
          <Icon of={Plus} size="small" />
          <span className="profiles-tool">{words.new}</span>
        </Button>
      </div>
      <div className="profiles-place" ref={place}>
        {nodes.length === 0 ? (
          <p className="quiet profiles-nothing" role="status">
            {words.nothing(text)}
          </p>
        ) : (
          <ProfileTree list={list} seen={seen} nodes={nodes} finding={text !== "" ? "finding" : "all"} keys={keys} onName={setNaming} onFocus={focusTree} />
        )}
      </div>
      {only !== undefined && <ChosenTrouble key={only.id} info={only} writable={list.writable} />}
      {naming !== null && (
        <FolderDialog
          naming={naming}
          onClose={() => {
            setNaming(null);
            setTimeout(focusTree, 0);
          }}
        />
      )}
    </>
  );
}

/** No profile yet: what one is, and how to come by some. */
function Empty({ writable }: { writable: boolean }) {
  const { profiles } = deskOf(useModel());
  return (
    <div className="profiles-empty" data-testid="profiles-empty">
      <Icon of={Bookmark} className="profiles-empty-mark" />
      <h2 className="page-title small">{words.emptyTitle}</h2>
      <p className="quiet profiles-empty-lead">{words.emptyLead}</p>
      <div className="profiles-empty-ways">
        <Button className="button primary large" data-front data-testid="profile-new" isDisabled={!writable} onPress={() => profiles.create()}>
          <Icon of={Plus} size="small" />
          {words.emptyNew}
        </Button>
        <Button className="button large" data-testid="profiles-import" isDisabled={!writable} onPress={() => void profiles.import()}>
          <Icon of={Download} size="small" />
          {words.emptyImport}
        </Button>
      </div>
      <p className="profiles-empty-hint">{words.emptyImportSays}</p>
    </div>
  );
}
