import { Minus, Plus } from "lucide-react";
import { Button, Label, Radio, RadioGroup, Switch } from "react-aria-components";

import type { Theme } from "../../contract/Theme";
import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { keysOf } from "../window/keys";
import { words } from "./words";
import "./settings.css";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const SCROLLBACKS = [1000, 5000, 20_000, 100_000];
const OUTSIDE = ["palette", "quickConnect", "toggleExplorer", "focusExplorer", "split", "closeTab", "refresh", "settings"] as const;
const INSIDE = ["palette", "quickConnect", "toggleExplorer", "copy", "paste", "find", "fontLarger", "fontSmaller", "fontReset", "giveBack"] as const;

/** The settings, each at once in force. */
export function SettingsPage() {
  const model = useModel();
  const settings = useAppState((state) => state.settings);
  const platform = useAppState((state) => state.platform);
  const keychain = useAppState((state) => state.keychain);
  const version = useAppState((state) => state.version);
  const change = (to: Partial<typeof settings>) => {
    model.changeSettings(to).catch(remarkFailure);
  };
  return (
    <div className="panel">
      <div className="page" data-testid="settings">
      <div className="settings">
        <h1 className="page-title">{words.title}</h1>
        <section>
          <h2 className="caps">{words.appearance}</h2>
          <div className="settings-card">
            <RadioGroup
              className="setting"
              orientation="horizontal"
              value={settings.theme}
              onChange={(theme) => change({ theme: theme as Theme })}
            >
              <Label>{words.theme}</Label>
              <div className="segments">
                {THEMES.map((theme) => (
                  <Radio className="segment" key={theme} value={theme}>
                    {words.themes[theme]}
                  </Radio>
                ))}
              </div>
            </RadioGroup>
          </div>
        </section>
        <section>
          <h2 className="caps">{words.terminal}</h2>
          <div className="settings-card">
            <div className="setting" role="group" aria-label={words.fontSize}>
              <span>{words.fontSize}</span>
              <div className="stepper">
                <Button
                  className="icon-button"
                  aria-label={words.fontSmaller}
                  isDisabled={settings.terminalFontSize <= 8}
                  onPress={() => change({ terminalFontSize: settings.terminalFontSize - 1 })}
                >
                  <Icon of={Minus} size="small" />
                </Button>
                <output className="tabular">{settings.terminalFontSize}</output>
                <Button
                  className="icon-button"
                  aria-label={words.fontLarger}
                  isDisabled={settings.terminalFontSize >= 32}
                  onPress={() => change({ terminalFontSize: settings.terminalFontSize + 1 })}
                >
                  <Icon of={Plus} size="small" />
                </Button>
              </div>
            </div>
            <RadioGroup
              className="setting"
              orientation="horizontal"
              value={String(settings.scrollback)}
              onChange={(lines) => change({ scrollback: Number(lines) })}
            >
              <Label>
                {words.scrollback} <span className="quiet">({words.scrollbackUnit})</span>
              </Label>
              <div className="segments">
                {SCROLLBACKS.map((lines) => (
                  <Radio className="segment" key={lines} value={String(lines)}>
                    {lines.toLocaleString("en")}
                  </Radio>
                ))}
              </div>
            </RadioGroup>
            <Switch
              className="setting"
              isSelected={settings.confirmPaste}
              onChange={(confirmPaste) => change({ confirmPaste })}
            >
              <span>{words.confirmPaste}</span>
              <span className="switch-track" aria-hidden="true" />
            </Switch>
          </div>
        </section>
        <section>
          <h2 className="caps">{words.keys}</h2>
          <div className="settings-card">
            <p className="settings-head">{words.keysOutside}</p>
            {OUTSIDE.map((command) => (
              <div className="setting low" key={command}>
                <span>{words.commands[command]}</span>
                <Keys of={keysOf(command, platform)} />
              </div>
            ))}
            <p className="settings-head">{words.keysTerminal}</p>
            {INSIDE.map((command) => (
              <div className="setting low" key={command}>
                <span>{words.commands[command]}</span>
                <Keys of={keysOf(command, platform, "terminal")} />
              </div>
            ))}
          </div>
        </section>
        <p className="quiet">
          {words.version(version)}. {words.keychain[keychain]}
        </p>
      </div>
      </div>
    </div>
  );
}
