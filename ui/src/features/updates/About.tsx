import { Button } from "react-aria-components";

import { Ago } from "../../design/Ago";
import { useAppState, useModel } from "../../platform/model";
import { words as diagnosticsWords } from "../diagnostics/words";
import { words as settingsWords } from "../settings/words";
import { deskOf } from "../window/desk";
import { shownOf, standing, words } from "./words";
import "./updates.css";

/** Which version this is, and where updates stand. */
export function About() {
  const desk = deskOf(useModel());
  const version = useAppState((state) => state.version);
  const keychain = useAppState((state) => state.keychain);
  const info = useAppState((state) => state.update);
  const demo = useAppState((state) => state.cloud.demo);
  const shown = shownOf(info);
  const asks = shown === "newest" || shown === "failed";
  return (
    <section aria-label={words.about} data-testid="about">
      <h2 className="caps">{words.about}</h2>
      <div className="settings-card">
        <div className="setting">
          <div className="setting-words">
            <span className="setting-title">{words.name(version)}</span>
            <span className="quiet">{settingsWords.keychain[keychain]}</span>
          </div>
        </div>
        <div className="setting" data-testid="about-updates" data-shown={shown}>
          <div className="setting-words">
            <span className="setting-title">{words.title}</span>
            <span className={shown === "failed" ? "field-fault" : "quiet"}>
              {shown === "newest" && info.checked !== null ? <Ago then={info.checked} say={words.none} /> : standing(info, demo)}
            </span>
          </div>
          {shown !== "elsewhere" && (
            <Button
              className={shown === "offered" || shown === "ready" ? "button primary" : "button"}
              data-testid="about-check"
              onPress={() => (asks ? desk.checkForUpdates() : desk.change({ updates: true }))}
            >
              {asks ? words.check : words.show}
            </Button>
          )}
        </div>
        <div className="setting">
          <div className="setting-words">
            <span className="setting-title">{diagnosticsWords.title}</span>
            <span className="quiet">{diagnosticsWords.lead}</span>
          </div>
          <Button className="button" data-testid="open-diagnostics" onPress={() => desk.change({ diagnostics: true })}>
            {diagnosticsWords.open}
          </Button>
        </div>
      </div>
    </section>
  );
}
