import type { IDockviewPanelProps } from "dockview-react";
import { ArrowLeftRight, Plus } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";

import { Icon } from "../../design/Icon";
import { Keys } from "../../design/parts";
import { useAppState, useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import { keysOf } from "../window/keys";
import { Details } from "./Details";
import { Gateway } from "./Gateway";
import { TunnelList } from "./TunnelList";
import { rowId } from "./TunnelRow";
import { words } from "./words";
import "./tunnels.css";

/** The page of tunnels: the list, the chosen one's details, and the gateway. */
export function TunnelsPage({ api }: IDockviewPanelProps) {
  const desk = deskOf(useModel());
  const tunnels = useAppState((state) => state.tunnels);
  const wanted = useDesk(desk, (state) => state.tunnel);
  const details = useRef<HTMLElement>(null);
  const [visible, setVisible] = useState(api.isVisible);
  useEffect(() => {
    const subscription = api.onDidVisibilityChange((event) => setVisible(event.isVisible));
    return () => subscription.dispose();
  }, [api]);
  const chosen = tunnels.find((tunnel) => tunnel.id === wanted) ?? tunnels[0];
  return (
    <div className="panel">
      <section className="tunnels" data-testid="tunnels" aria-label={words.title}>
        <header className="tunnels-top">
          <h1 className="page-title">{words.title}</h1>
          <p className="quiet ellipsis">{words.lead}</p>
          {chosen !== undefined && <NewButton />}
        </header>
        {chosen === undefined ? (
          <Empty />
        ) : (
          <TunnelList tunnels={tunnels} chosen={chosen} onDetails={() => focusDetails(details.current)} />
        )}
        <div className="tunnels-below">
          {chosen !== undefined && (
            <Details
              key={chosen.id}
              ref={details}
              tunnel={chosen}
              visible={visible}
              onLeave={() => document.getElementById(rowId(chosen.id))?.focus()}
            />
          )}
          <Gateway />
        </div>
      </section>
    </div>
  );
}

/** Gives the keyboard to what is to be done first, else to the first thing that can be. */
function focusDetails(card: HTMLElement | null): void {
  const first = card?.querySelector<HTMLElement>(".tunnel-trouble-actions button") ?? card?.querySelector("button");
  first?.focus();
}

function NewButton() {
  const desk = deskOf(useModel());
  return (
    <Button className="button primary" data-testid="tunnel-new" onPress={() => desk.newForward()}>
      <Icon of={Plus} size="small" />
      {words.new}
    </Button>
  );
}

/** No tunnel yet: what one is, and how to make it. */
function Empty() {
  const platform = useAppState((state) => state.platform);
  return (
    <div className="tunnels-empty" data-testid="tunnels-empty">
      <Icon of={ArrowLeftRight} className="tunnels-empty-mark" />
      <h2 className="page-title small">{words.emptyTitle}</h2>
      <p className="quiet tunnels-empty-lead">{words.emptyLead}</p>
      <NewButton />
      <p className="tunnels-empty-hint">
        {words.emptyHint} <Keys of={keysOf("newForward", platform)} />
      </p>
    </div>
  );
}
