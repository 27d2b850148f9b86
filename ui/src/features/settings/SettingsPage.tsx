import { Search } from "lucide-react";
import { useRef, useState } from "react";

import type { Scope } from "../../contract/Scope";
import { Icon } from "../../design/Icon";
import { useAppState, useModel } from "../../platform/model";
import { About } from "../updates/About";
import { deskOf, useDesk } from "../window/desk";
import { KeyList } from "./KeyList";
import { keyOfPlace } from "./place";
import { PlacePicker } from "./PlacePicker";
import { SettingsGroups, useSettings } from "./SettingsGroups";
import { placeIn, words } from "./words";
import "./settings.css";

/** The settings of a place, as they are declared; each is saved at once. */
export function SettingsPage() {
  const desk = deskOf(useModel());
  const at = useDesk(desk, (state) => state.settingsAt);
  return <SettingsView at={at} onGo={(to) => desk.change({ settingsAt: to })} />;
}

export function SettingsView({ at, onGo }: { at: Scope; onGo: (to: Scope) => void }) {
  const settings = useSettings(at);
  const platform = useAppState((state) => state.platform);
  const [text, setText] = useState("");
  const title = useRef<HTMLHeadingElement>(null);
  // What led there is gone: the keyboard goes to the top of the page, and what that is about is read out.
  const follow = (to: Scope) => {
    onGo(to);
    title.current?.focus();
  };
  return (
    <div className="panel">
      <div className="page" data-testid="settings" data-place={keyOfPlace(at)}>
        <div className="settings">
          <header className="settings-top">
            <h1 className="page-title" ref={title} tabIndex={-1}>
              {words.title}
              <span className="sr-only">, {placeIn(at)}</span>
            </h1>
            <div className="settings-find">
              <Icon of={Search} size="small" />
              <input
                className="field"
                type="search"
                data-testid="settings-search"
                aria-label={words.search}
                placeholder={words.search}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            </div>
          </header>
          <PlacePicker at={at} onGo={onGo} onFollow={follow} />
          <SettingsGroups at={at} text={text} settings={settings} onFollow={follow} />
          {at.kind === "everywhere" && text === "" && settings !== null && (
            <>
              <KeyList platform={platform} />
              <About />
            </>
          )}
        </div>
      </div>
    </div>
  );
}
