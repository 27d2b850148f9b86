import { ArrowLeftRight, CloudCheck, FlaskConical, KeyRound, RefreshCw, SquareTerminal, TriangleAlert } from "lucide-react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";

import { rate } from "../../design/bytes";
import { Ago } from "../../design/Ago";
import { Icon } from "../../design/Icon";
import { StateMark } from "../../design/StateMark";
import { exactly } from "../../design/time";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { problemWord } from "../explorer/words";
import { sumOf } from "../tunnels/target";
import { HelpLink } from "../help/HelpLink";
import { UpdateStatus } from "../updates/UpdateStatus";
import { deskOf } from "../window/desk";
import { words } from "./words";
import "./statusbar.css";

/** The line below: how the relay answers, what is open, how old the list is, which cloud. */
export function StatusBar() {
  const model = useModel();
  const desk = deskOf(model);
  const relayMs = useAppState((state) => state.relayMs);
  const sessions = useAppState((state) => state.sessions);
  const tunnels = sumOf(useAppState((state) => state.tunnels));
  const inventory = useAppState((state) => state.inventory);
  const cloud = useAppState((state) => state.cloud);
  const keychain = useAppState((state) => state.keychain);
  const open = sessions.filter(({ state }) => state.kind === "live" || state.kind === "resuming").length;
  const resuming = sessions.find(({ state }) => state.kind === "resuming");
  // A session can be live before anything has been measured.
  const relay = relayMs !== null ? "measured" : open > 0 ? "connected" : "idle";
  const refresh = () => {
    model.backend.call("refresh", {}).catch(remarkFailure);
  };
  /** The session after the one in front. */
  const goOn = () => {
    const at = sessions.findIndex((session) => session.id === desk.state.front);
    const next = resuming ?? sessions[(at + 1) % Math.max(1, sessions.length)];
    if (next !== undefined) {
      desk.dock?.getPanel(next.id)?.api.setActive();
    }
  };
  return (
    <footer className="status" data-testid="status-bar" aria-label={words.label}>
      <button
        type="button"
        className="status-item"
        title={words.relayHint[relay]}
        onClick={goOn}
      >
        <StateMark mark={relay === "idle" ? "off" : resuming === undefined ? "ok" : "busy"} />
        {relayMs === null ? (
          words.relayState[relay === "idle" ? "idle" : resuming === undefined ? "connected" : "resuming"]
        ) : (
          <>
            {words.relay} <span className="tabular">{words.relayMs(relayMs)}</span>
          </>
        )}
      </button>
      {open > 0 && (
        <button type="button" className="status-item" title={words.sessionsHint} onClick={goOn}>
          <Icon of={SquareTerminal} size="tiny" />
          {words.sessions(open)}
        </button>
      )}
      {(tunnels.on > 0 || tunnels.care > 0) && (
        <button
          type="button"
          className="status-item"
          data-testid="status-tunnels"
          title={tunnels.care > 0 ? words.tunnelsCare(tunnels.care) : words.tunnelsHint}
          onClick={() => desk.openTunnels()}
        >
          {tunnels.care > 0 ? <StateMark mark="warn" label={words.tunnelsCare(tunnels.care)} /> : <Icon of={ArrowLeftRight} size="tiny" />}
          {words.tunnels(tunnels.on)}
          {tunnels.on > 0 && <span className="tabular status-rate">{rate(tunnels.rate)}</span>}
        </button>
      )}
      <button
        type="button"
        className="status-item"
        title={inventory.listedAt === null ? words.never : words.listedHint(exactly(inventory.listedAt))}
        onClick={refresh}
      >
        <Icon of={RefreshCw} size="tiny" {...(inventory.loading ? { className: "spinner" } : {})} />
        {inventory.loading ? (
          words.listing(inventory.instances)
        ) : inventory.listedAt === null ? (
          words.never
        ) : (
          <Ago then={inventory.listedAt} say={words.listed} />
        )}
      </button>
      {inventory.problems.length > 0 && (
        <DialogTrigger>
          <Button className="status-item warn">
            <Icon of={TriangleAlert} size="tiny" />
            {words.problems(inventory.problems.length)}
          </Button>
          <Popover className="menu-popover problems" placement="top start">
            <Dialog aria-label={words.problems(inventory.problems.length)} data-testid="problems">
              <ul>
                {inventory.problems.map((problem) => (
                  <li key={`${problem.place} ${problem.code}`} className="problem">
                    {problem.place !== "" && <p className="problem-place">{problem.place}</p>}
                    <p className="quiet selectable">
                      {problem.text === "" ? problemWord(problem.code) : problem.text} <HelpLink code={problem.code} />
                    </p>
                  </li>
                ))}
              </ul>
            </Dialog>
          </Popover>
        </DialogTrigger>
      )}
      <span className="status-room" />
      <UpdateStatus />
      {keychain !== "available" && (
        <button type="button" className="status-item warn" title={words.keychainHint} onClick={() => desk.openSettings()}>
          <Icon of={KeyRound} size="tiny" />
          {words.keychain[keychain]}
        </button>
      )}
      <button type="button" className="status-item" title={cloud.name} onClick={() => desk.openSettings()}>
        <Icon of={cloud.kind === "local" ? FlaskConical : CloudCheck} size="tiny" />
        {cloud.name}
      </button>
    </footer>
  );
}
