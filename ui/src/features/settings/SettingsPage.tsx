import { Minus, Plus } from "lucide-react";
import { Button, Label, Radio, RadioGroup, Switch } from "react-aria-components";

import type { Theme } from "../../contract/Theme";
import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { keysOf } from "../window/keys";
import { Access } from "./Access";
import { words } from "./words";
import "./settings.css";

const THEMES: readonly Theme[] = ["system", "light", "dark"];
const SCROLLBACKS = [1000, 5000, 20_000, 100_000];
const OUTSIDE = ["palette", "quickConnect", "toggleExplorer", "focusExplorer", "split", "closeTab", "newForward", "tunnels", "explain", "refresh", "fullScreen", "settings"] as const;
const INSIDE = ["palette", "quickConnect", "toggleExplorer", "focusExplorer", "split", "closeTab", "newForward", "tunnels", "explain", "copy", "paste", "find", "fontLarger", "fontSmaller", "fontReset", "giveBack"] as const;

/** The settings, each at once in force. */
export function SettingsPage() {
  const model = useModel();
  const settings = useAppState((state) => state.settings);
  const platform = useAppState((state) => state.platform);
  const keychain = useAppState((state) => state.keychain);
  const [main, shift, enter] = platform === "macos" ? ["⌘", "⇧", "↩"] : ["Ctrl", "Shift", "Enter"];
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
        <Access
          preflight={settings.preflight}
          address={settings.publicAddress}
          onPreflight={(preflight) => change({ preflight })}
          onAddress={(publicAddress) => change({ publicAddress })}
        />
        <section>
          <h2 className="caps">{words.keys}</h2>
          <div className="settings-card">
            <p className="settings-head">{words.keysOutside}</p>
            {OUTSIDE.map((command) => (
              <KeyLine key={command} label={words.commands[command]} keys={keysOf(command, platform)} />
            ))}
            <KeyLine label={words.tab} keys={[main, "1", "–", "9"]} />
            <p className="settings-head">{words.keysTree}</p>
            <KeyLine label={words.tree.connect} keys={[enter]} />
            <KeyLine label={words.tree.connectNew} keys={[shift, enter]} />
            <KeyLine label={words.tree.menu} keys={[shift, "F10"]} />
            <KeyLine label={words.tree.jump} keys={[words.tree.letters]} />
            <p className="settings-head">{words.keysTunnels}</p>
            <KeyLine label={words.list.details} keys={[enter]} />
            <KeyLine label={words.list.toggle} keys={[words.space]} />
            <KeyLine label={words.list.copy} keys={[main, "C"]} />
            <KeyLine label={words.list.edit} keys={["F2"]} />
            <KeyLine label={words.list.remove} keys={["Del"]} />
            <p className="settings-head">{words.keysTerminal}</p>
            {INSIDE.map((command) => (
              <KeyLine key={command} label={words.commands[command]} keys={keysOf(command, platform, "terminal")} />
            ))}
            <KeyLine label={words.tab} keys={platform === "macos" ? [main, "1", "–", "9"] : [main, shift, "1", "–", "9"]} />
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

function KeyLine({ label, keys }: { label: string; keys: readonly string[] }) {
  return (
    <div className="setting low">
      <span>{label}</span>
      <Keys of={keys} />
    </div>
  );
}
