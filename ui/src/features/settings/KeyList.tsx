import { RotateCcw, X } from "lucide-react";
import { useRef, useState } from "react";
import { Button } from "react-aria-components";

import type { Platform } from "../../contract/Platform";
import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { canGiveUp, chordOf, type Focus, keeperOf, keysOf, ownerOf, TAB_KEYS, unfit, type WindowCommand } from "../window/keys";
import { commandWord, words } from "./words";

const OUTSIDE = ["palette", "quickConnect", "toggleExplorer", "focusExplorer", "split", "splitDown", "otherGroup", "resizeSplit", "ownWindow", "rename", "duplicate", "nextTab", "previousTab", "tabLeft", "tabRight", ...TAB_KEYS, "closeTab", "closeOthers", "closeRight", "newForward", "tunnels", "profiles", "saveProfile", "allSessions", "explain", "refresh", "fullScreen", "remarks", "settings", "help"] as const;
const DESKTOP = ["giveBack", "desktopFull"] as const;
const INSIDE = ["palette", "quickConnect", "toggleExplorer", "focusExplorer", "split", "splitDown", "otherGroup", "ownWindow", "rename", "nextTab", "previousTab", "tabLeft", "tabRight", "closeTab", "newForward", "tunnels", "profiles", "allSessions", "explain", "remarks", "giveBack"] as const;
const TERMINAL = ["copy", "paste", "find", "selectAll", "clear", "fontLarger", "fontSmaller", "fontReset"] as const;

/** Every key that Adit takes. Those of commands can be changed. */
export function KeyList({ platform }: { platform: Platform }) {
  const model = useModel();
  const chosen = useAppState((state) => state.keys);
  const [main, shift, enter] = platform === "macos" ? ["⌘", "⇧", "↩"] : ["Ctrl", "Shift", "Enter"];
  const line = (command: WindowCommand, focus: Focus) => <ChangeLine key={command} command={command} platform={platform} focus={focus} />;
  return (
    <section data-testid="keys">
      <div className="keys-top">
        <h2 className="caps">{words.keys}</h2>
        {Object.keys(chosen).length > 0 && (
          <Button className="button" data-testid="keys-reset" onPress={() => void model.changeKeys({}).catch(remarkFailure)}>
            {words.keysReset}
          </Button>
        )}
      </div>
      <div className="settings-card">
        <p className="settings-head">{words.keysOutside}</p>
        {OUTSIDE.map((command) => line(command, "app"))}
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
        <p className="settings-head">{words.keysProfiles}</p>
        <KeyLine label={words.profiles.start} keys={[enter]} />
        <KeyLine label={words.profiles.open} keys={["←", "→"]} />
        <KeyLine label={words.profiles.several} keys={[shift, "↓"]} />
        <KeyLine label={words.profiles.edit} keys={["F2"]} />
        <KeyLine label={words.profiles.remove} keys={["Del"]} />
        <KeyLine label={words.profiles.move} keys={["→", enter]} />
        <p className="settings-head">{words.keysTerminal}</p>
        {TERMINAL.map((command) => line(command, "terminal"))}
        {INSIDE.map((command) => (
          <KeyLine key={command} label={commandWord(command)} keys={keysOf(command, platform, "terminal")} />
        ))}
        {TAB_KEYS.every((command) => chosen[command] === undefined) ? (
          <KeyLine label={words.anyTab} keys={platform === "macos" ? [main, "1", "–", "9"] : [main, shift, "1", "–", "9"]} />
        ) : (
          TAB_KEYS.map((command) => <KeyLine key={command} label={commandWord(command)} keys={keysOf(command, platform, "terminal")} />)
        )}
        <p className="settings-head">{words.keysDesktop}</p>
        {DESKTOP.map((command) => line(command, "desktop"))}
      </div>
    </section>
  );
}

/** A command's keys, and a button that waits for others. */
function ChangeLine({ command, platform, focus }: { command: WindowCommand; platform: Platform; focus: Focus }) {
  const model = useModel();
  const chosen = useAppState((state) => state.keys);
  const [waiting, setWaiting] = useState(false);
  const [trouble, setTrouble] = useState("");
  const change = useRef<HTMLButtonElement>(null);
  const label = commandWord(command);
  const keys = keysOf(command, platform, focus);
  const set = (to: readonly string[] | null) => {
    const { [command]: _, ...others } = chosen;
    model.changeKeys(to === null ? others : { ...others, [command]: [...to] }).catch(remarkFailure);
  };
  const usual = () => {
    const keeper = keeperOf(command, platform);
    setTrouble(keeper === null ? "" : words.keyTaken(commandWord(keeper)));
    if (keeper === null) {
      set(null);
      // The button that was pressed goes.
      change.current?.focus();
    }
  };
  const pressed = (event: React.KeyboardEvent) => {
    if (!waiting || event.key === "Tab") {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") {
      setWaiting(false);
      return;
    }
    const chord = chordOf(event);
    if (chord === null) {
      return;
    }
    setWaiting(false);
    const why = unfit(command, chord);
    const owner = ownerOf(event, platform, command);
    if (why !== null) {
      setTrouble(words.keyUnfit[why]);
    } else if (owner !== null) {
      setTrouble(words.keyTaken(commandWord(owner)));
    } else {
      setTrouble("");
      set([chord]);
    }
  };
  return (
    <div className="setting low" data-testid={`key-${command}`}>
      <span>
        {label}
        {trouble !== "" && (
          <span className="key-trouble" role="alert">
            {trouble}
          </span>
        )}
      </span>
      <span className="key-change">
        {waiting ? <span className="quiet">{words.keyPress}</span> : <Keys of={keys} />}
        {!waiting && keys.length === 0 && <span className="quiet">{words.keyNone}</span>}
        <span className="sr-only">{keys.join("+")}</span>
        {/* Keys that are waited for are not the button's own. */}
        <button
          ref={change}
          type="button"
          className="button small"
          aria-label={words.keyChangeOf(label)}
          aria-pressed={waiting}
          onKeyDown={pressed}
          onBlur={() => setWaiting(false)}
          onClick={(event) => {
            // A click gives no focus in the web view of macOS, and keys go to what has it.
            event.currentTarget.focus();
            setTrouble("");
            setWaiting((before) => !before);
          }}
        >
          {words.keyChange}
        </button>
        {keys.length > 0 && canGiveUp(command) && (
          <button
            type="button"
            className="icon-button small"
            aria-label={words.keyGiveUpOf(label)}
            title={words.keyGiveUpOf(label)}
            data-testid={`key-give-up-${command}`}
            onClick={() => {
              setTrouble("");
              set([]);
              // The button that was pressed goes.
              change.current?.focus();
            }}
          >
            <Icon of={X} size="small" />
          </button>
        )}
        {chosen[command] !== undefined && (
          <button type="button" className="icon-button small" aria-label={words.keyResetOf(label)} title={words.keyResetOf(label)} onClick={usual}>
            <Icon of={RotateCcw} size="small" />
          </button>
        )}
      </span>
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
