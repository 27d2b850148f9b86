import { ExternalLink, Plug } from "lucide-react";
import { type ReactNode, type Ref, useEffect, useState } from "react";
import { Button } from "react-aria-components";

import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { TunnelPeer } from "../../contract/TunnelPeer";
import { bytes } from "../../design/bytes";
import { Icon } from "../../design/Icon";
import { Ago } from "../../design/Ago";
import { CopyButton } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { exactly } from "../../design/time";
import { remarkFailure } from "../../design/toast";
import { useAppState, useBackend } from "../../platform/model";
import { readyMade, usualUser, webAddress } from "./strings";
import { isOn, keyOf, titleOf } from "./target";
import { TunnelTrouble } from "./TunnelTrouble";
import { audienceWord, peersWord, refusalWord, words } from "./words";

/** How often it is asked who is connected. */
const ASK = 2000;

/** The card of the chosen tunnel: who uses it, how to use it, who may, what went through it. */
export function Details({
  tunnel,
  visible,
  onLeave,
  ref,
}: {
  tunnel: TunnelInfo;
  visible: boolean;
  /** Gives the keyboard back to the list. */
  onLeave: () => void;
  ref: Ref<HTMLElement>;
}) {
  const backend = useBackend();
  const platform = useAppState((state) => state.platform);
  const email = useAppState((state) => state.accounts[0]?.email);
  const { spec, state } = tunnel;
  const peers = usePeers(tunnel, visible);
  const web = webAddress(tunnel.local, spec.protocol);
  const refusal = refusalWord(tunnel.refused, tunnel.lastRefusal);
  return (
    // Escape goes back to the list, as its key came from there.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section
      ref={ref}
      className="tunnel-card"
      data-testid="tunnel-details"
      aria-label={words.details(keyOf(spec))}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onLeave();
        }
      }}
    >
      <header className="tunnel-card-head">
        <Icon of={Plug} size="small" />
        <h2 className="tunnel-card-title ellipsis" title={titleOf(spec)}>
          {titleOf(spec)}
        </h2>
        <p className="tunnel-peers ellipsis" data-testid="tunnel-peers" title={peersLine(tunnel, peers)}>
          {peersLine(tunnel, peers)}
        </p>
        {web !== null && isOn(tunnel) && (
          <Button
            className="button plain"
            onPress={() => {
              backend.call("open_link", { url: web }).catch(remarkFailure);
            }}
          >
            <Icon of={ExternalLink} size="small" />
            {words.openBrowser}
          </Button>
        )}
      </header>
      <TunnelTrouble tunnel={tunnel} />
      <dl className="tunnel-facts">
        {readyMade(tunnel.local, spec.protocol, usualUser(email), platform).map(({ label, text }) => (
          <Line key={label} label={label} copy={text}>
            <span className="mono selectable">{text}</span>
          </Line>
        ))}
        <Line label={words.whoMay}>
          <span className="selectable">
            {audienceWord(spec.audience)}
            {refusal !== "" && <span className="quiet"> · {refusal}</span>}
          </span>
          {spec.audience.kind === "everyone" && (
            <span className="tunnel-warning">
              <StateMark mark="warn" />
              {words.everyoneWarning}
            </span>
          )}
        </Line>
        {spec.protocol === "http" && (
          <Line label={words.strict}>
            <span>{words.strictSays[spec.http]}</span>
          </Line>
        )}
        {spec.waitForVm && (
          <Line label={words.waits}>
            <span>{words.waitsSays}</span>
          </Line>
        )}
        <Traffic tunnel={tunnel} />
      </dl>
      {(state.kind === "stopped" || state.kind === "failed") && <span className="sr-only">{words.notRunning}</span>}
    </section>
  );
}

/** A label and what belongs to it. */
export function Line({ label, copy, children }: { label: string; copy?: string; children: ReactNode }) {
  return (
    <div className="tunnel-fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
      {copy !== undefined && (
        <dd className="fact-copy">
          <CopyButton text={copy} label={words.copyOf(label)} />
        </dd>
      )}
    </div>
  );
}

function Traffic({ tunnel }: { tunnel: TunnelInfo }) {
  const { since } = tunnel;
  const parts = [
    words.received(bytes(tunnel.received)),
    words.sent(bytes(tunnel.sent)),
    ...(tunnel.roundTripMs === null ? [] : [words.roundTrip(tunnel.roundTripMs)]),
    ...(tunnel.resumes === 0 ? [] : [words.resumes(tunnel.resumes)]),
  ];
  if (since === null && tunnel.received + tunnel.sent === 0) {
    return null;
  }
  return (
    <Line label={words.traffic}>
      <span className="tabular">
        {parts.join(" · ")}
        {since !== null && (
          <span className="quiet" title={exactly(since)}>
            {" · "}
            <Ago then={since} say={words.started} />
          </span>
        )}
      </span>
    </Line>
  );
}

function peersLine(tunnel: TunnelInfo, peers: TunnelPeer[] | null): string {
  if (!isOn(tunnel)) {
    return words.notRunning;
  }
  return peers === null && tunnel.connections > 0 ? "" : peersWord(peers ?? []);
}

/** Who is connected, asked for while somebody can be and the page is in sight; `null` until it is known. */
function usePeers({ id, connections }: TunnelInfo, visible: boolean): TunnelPeer[] | null {
  const backend = useBackend();
  const [peers, setPeers] = useState<TunnelPeer[] | null>(null);
  const asking = visible && connections > 0;
  useEffect(() => {
    if (!asking) {
      return;
    }
    let wanted = true;
    const ask = () => {
      backend.call("tunnel_peers", { id }).then(
        (found) => {
          if (wanted) {
            setPeers(found);
          }
          return undefined;
        },
        // It may just have ended; the list says so itself.
        () => undefined,
      );
    };
    ask();
    const timer = setInterval(ask, ASK);
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [backend, id, asking]);
  return asking ? peers : null;
}

