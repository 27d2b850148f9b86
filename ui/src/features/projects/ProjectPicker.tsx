import { Check, Search } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { Button, ListBox, ListBoxItem, ListLayout, type Selection, Virtualizer } from "react-aria-components";

import type { ProjectInfo } from "../../contract/ProjectInfo";
import { sizeToken } from "../../design/colour";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useAppState, useBackend, useModel, useSettingsAt } from "../../platform/model";
import { KEY } from "../settings/keys";
import { foundIn, leftOutOf, valueOf, withChosen } from "./choice";
import { words } from "./words";
import "./projects.css";

const EVERYWHERE = { kind: "everywhere" } as const;

/** The projects that were found, all of them chosen or those that were chosen before. */
export function ProjectPicker({ onDone, onCancel }: { onDone: () => void; onCancel?: () => void }) {
  const model = useModel();
  const projects = useProjects();
  const setting = useSettingsAt(EVERYWHERE)?.find(({ key }) => key === KEY.projects);
  const [changed, setChanged] = useState<ReadonlySet<string> | null>(null);
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const leftOut = changed ?? leftOutOf(projects);
  const shown = useMemo(() => foundIn(projects, text), [projects, text]);
  const before = Array.isArray(setting?.value) ? setting.value : [];
  const value = valueOf(projects, leftOut, before);
  const chosen = projects.filter(({ id }) => !leftOut.has(id));
  const choose = (of: ReadonlySet<string>) => setChanged(withChosen(leftOut, shown, of));
  const save = async () => {
    if (value === null) {
      return;
    }
    setBusy(true);
    try {
      if (changed !== null) {
        await (value.length === 0 ? model.resetSetting(KEY.projects) : model.setSetting(KEY.projects, value));
      }
      onDone();
    } catch (error) {
      remarkFailure(error);
      setBusy(false);
    }
  };
  return (
    <form
      className="projects"
      data-testid="projects"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="projects-find">
        <Icon of={Search} size="small" />
        <input
          className="field"
          type="search"
          autoFocus
          data-testid="projects-search"
          aria-label={words.search}
          placeholder={words.search}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </div>
      <div className="projects-head">
        <span className="quiet tabular" role="status">
          {words.chosen(chosen.length, projects.length)}
        </span>
        <Button className="link" isDisabled={setting?.locked === true} onPress={() => choose(new Set(shown.map(({ id }) => id)))}>
          {text === "" ? words.all : words.allFound}
        </Button>
        <Button className="link" data-testid="projects-none" isDisabled={setting?.locked === true} onPress={() => choose(new Set())}>
          {words.none}
        </Button>
      </div>
      {shown.length === 0 && projects.length > 0 ? (
        <p className="projects-list projects-nothing quiet" role="status">
          {words.nothing(text)}
        </p>
      ) : (
        <Virtualizer layout={ListLayout} layoutOptions={{ rowSize: sizeToken("project-row", 32), padding: sizeToken("space-4", 4) }}>
          <ListBox
            className="projects-list"
            aria-label={words.list}
            items={shown}
            selectionMode="multiple"
            escapeKeyBehavior="none"
            disabledKeys={setting?.locked === true ? shown.map(({ id }) => id) : []}
            selectedKeys={chosen.map(({ id }) => id)}
            onSelectionChange={(keys: Selection) => choose(keys === "all" ? new Set(shown.map(({ id }) => id)) : new Set([...keys].map(String)))}
          >
            {({ id, name }) => (
              <ListBoxItem id={id} textValue={`${id} ${name}`} className="project" data-testid={`project-${id}`}>
                {({ isSelected }) => (
                  <>
                    <span className="checkbox-box" aria-hidden="true">
                      {isSelected && <Icon of={Check} size="tiny" />}
                    </span>
                    <span className="ellipsis">{id}</span>
                    <span className="project-name quiet ellipsis">{name}</span>
                  </>
                )}
              </ListBoxItem>
            )}
          </ListBox>
        </Virtualizer>
      )}
      <div className="projects-actions">
        <span className="quiet">{setting?.locked === true ? words.locked : value === null ? words.atLeast : ""}</span>
        {onCancel !== undefined && (
          <Button className="button" onPress={onCancel}>
            {words.cancel}
          </Button>
        )}
        <Button className="button primary" type="submit" data-testid="projects-done" isDisabled={value === null || projects.length === 0 || busy}>
          {words.show(chosen.length, projects.length)}
        </Button>
      </div>
    </form>
  );
}

/** Those that core knows; asked for again as more are found. */
function useProjects(): readonly ProjectInfo[] {
  const backend = useBackend();
  const known = useAppState(({ inventory }) => inventory.projects + inventory.leftOut);
  const [projects, setProjects] = useState<readonly ProjectInfo[]>([]);
  useEffect(() => {
    let wanted = true;
    backend.call("projects", {}).then((found) => {
      if (wanted) {
        setProjects(found);
      }
      return undefined;
    }, remarkFailure);
    return () => {
      wanted = false;
    };
  }, [backend, known]);
  return projects;
}
