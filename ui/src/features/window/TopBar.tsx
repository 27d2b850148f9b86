import { ArrowLeftRight, Bookmark, CircleHelp, LogIn, LogOut, Monitor, Moon, PanelLeft, Search, Settings, Sun } from "lucide-react";
import { Button, Menu, MenuTrigger, Popover } from "react-aria-components";

import type { Theme } from "../../contract/Theme";
import { Brand } from "../../design/Brand";
import { type MenuEntry, menuEntries } from "../../design/ContextMenu";
import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { KEY } from "../settings/keys";
import { DemoMark } from "../signin/Demo";
import { sumOf } from "../tunnels/target";
import { deskOf } from "./desk";
import { keysOf } from "./keys";
import { words } from "./words";

export function TopBar() {
  const model = useModel();
  const desk = deskOf(model);
  const platform = useAppState((state) => state.platform);
  const open = useAppState((state) => state.layout.explorerOpen);
  return (
    <header className="topbar">
      <div className="topbar-side">
        {!open && (
          <button
            type="button"
            className="icon-button topbar-explorer"
            aria-label={words.showExplorer}
            title={words.showExplorer}
            onClick={() => desk.run("toggleExplorer")}
          >
            <Icon of={PanelLeft} />
          </button>
        )}
        <Brand />
        <span className="topbar-name">{words.brand}</span>
        <DemoMark />
      </div>
      <button
        type="button"
        className="topbar-search"
        data-testid="search-field"
        onClick={() => desk.run("palette")}
      >
        <Icon of={Search} size="small" />
        <span className="ellipsis">{words.search}</span>
        <Keys of={keysOf("palette", platform)} />
      </button>
      <div className="topbar-side end">
        <ProfilesButton />
        <TunnelsButton />
        <AccountMenu />
      </div>
    </header>
  );
}

function ProfilesButton() {
  const desk = deskOf(useModel());
  return (
    <button
      type="button"
      className="topbar-tunnels"
      data-testid="topbar-profiles"
      aria-label={words.profiles}
      title={words.profiles}
      onClick={() => desk.profiles.open()}
    >
      <Icon of={Bookmark} />
    </button>
  );
}

/** How many tunnels run, and whether one needs a look. */
function TunnelsButton() {
  const desk = deskOf(useModel());
  const { on, care } = sumOf(useAppState((state) => state.tunnels));
  const says = [words.tunnels(on), ...(care > 0 ? [words.tunnelsCare(care)] : [])].join(". ");
  return (
    <button
      type="button"
      className="topbar-tunnels"
      data-testid="topbar-tunnels"
      aria-label={says}
      title={says}
      onClick={() => desk.openTunnels()}
    >
      <Icon of={ArrowLeftRight} />
      {on > 0 && <span className="tabular">{on}</span>}
      {care > 0 && <StateMark mark="warn" />}
    </button>
  );
}

function AccountMenu() {
  const model = useModel();
  const desk = deskOf(model);
  const platform = useAppState((state) => state.platform);
  const accounts = useAppState((state) => state.accounts);
  const theme = useAppState((state) => state.settings.theme);
  const [account] = accounts;
  if (account === undefined) {
    return null;
  }
  const needed = account.state === "signInNeeded";
  const colours = (to: Theme, label: string, icon: typeof Sun): MenuEntry => ({
    id: to,
    label,
    icon,
    chosen: theme === to,
    run: () => {
      model.setSetting(KEY.theme, to).catch(remarkFailure);
    },
  });
  const signIn: MenuEntry = {
    id: "signIn",
    label: words.signInNeeded,
    icon: LogIn,
    run: () => {
      model.backend.call("sign_in", { method: "browser" }).catch(remarkFailure);
    },
  };
  const entries: MenuEntry[] = [
    ...(needed ? [signIn] : []),
    colours("system", words.system, Monitor),
    colours("light", words.light, Sun),
    colours("dark", words.dark, Moon),
    "separator",
    { id: "settings", label: words.settings, icon: Settings, keys: keysOf("settings", platform), run: () => desk.openSettings() },
    { id: "help", label: words.help, icon: CircleHelp, keys: keysOf("help", platform), run: () => desk.openHelp() },
    "separator",
    {
      id: "signOut",
      label: words.signOut,
      icon: LogOut,
      run: () => {
        model.backend.call("sign_out", { account: account.id }).catch(remarkFailure);
      },
    },
  ];
  return (
    <MenuTrigger>
      <Button className="account" data-testid="account" data-state={account.state}>
        <span className="avatar" aria-hidden="true">
          {account.email.slice(0, 1).toUpperCase()}
        </span>
        <span className="sr-only">{words.accountMenu}</span>
        <span className="account-email ellipsis">{account.email}</span>
        {needed && <span className="account-needed">{words.signInNeeded}</span>}
      </Button>
      <Popover className="menu-popover" placement="bottom end">
        <div className="menu-head">
          <p className="ellipsis">{account.email}</p>
          <p className="quiet">{words.source[account.source]}</p>
        </div>
        <Menu className="menu" aria-label={words.account(account.email)}>
          {menuEntries(entries)}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
