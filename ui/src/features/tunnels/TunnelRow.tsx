import { Ellipsis } from "lucide-react";
import { memo } from "react";

import type { TunnelInfo } from "../../contract/TunnelInfo";
import type { TunnelState } from "../../contract/TunnelState";
import { rate } from "../../design/bytes";
import type { Spot } from "../../design/ContextMenu";
import { Icon } from "../../design/Icon";
import { CopyButton, useNow } from "../../design/parts";
import { StateMark } from "../../design/StateMark";
import { sparklinePath } from "./sparkline";
import { fileName, isOn, keyOf, localOf, machineOf, titleOf } from "./target";
import { markOfTunnel, placeLong, placeWord, stateWord, words } from "./words";

/** What a row of the list does; the same functions for all rows, so that only what changed is drawn. */
export interface RowDoes {
  choose: (id: string) => void;
  open: (id: string) => void;
  menu: (id: string, spot: Spot) => void;
  resume: (id: string) => void;
}

/** Sparkline's box; its size on the screen is the style sheet's. */
const WIDTH = 88;
const HEIGHT = 16;

/** A tunnel in the list. */
export const TunnelRow = memo(function TunnelRow({
  tunnel,
  index,
  chosen,
  does,
}: {
  tunnel: TunnelInfo;
  index: number;
  chosen: boolean;
  does: RowDoes;
}) {
  const { id, spec, state } = tunnel;
  const name = keyOf(spec);
  const on = isOn(tunnel);
  const local = localOf(tunnel.local);
  return (
    // Its keys are the list's.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="row"
      className="tunnel-row"
      id={rowId(id)}
      data-testid={`tunnel-row-${name}`}
      data-state={state.kind}
      data-off={state.kind === "stopped" || undefined}
      aria-rowindex={index + 2}
      aria-selected={chosen}
      aria-label={`${titleOf(spec)}, ${stateWord(state)}, ${tunnel.local}`}
      tabIndex={chosen ? 0 : -1}
      onClick={() => does.choose(id)}
      onDoubleClick={() => does.open(id)}
      onContextMenu={(event) => {
        event.preventDefault();
        does.menu(id, { x: event.clientX, y: event.clientY });
      }}
    >
      <div role="gridcell" className="tunnel-target" title={`${titleOf(spec)}\n${placeLong(spec.target)}`}>
        <span className="tunnel-name ellipsis">{titleOf(spec)}</span>
        <span className="tunnel-place">
          <span className="ellipsis">{placeWord(spec.target)}</span>
          <span>:{spec.target.port}</span>
        </span>
        {tunnel.byCommand && (
          <span className="tunnel-badge" title={words.byCommandLong}>
            {words.byCommand}
          </span>
        )}
        {spec.audience.kind === "everyone" && <StateMark mark="warn" label={words.form.audiences.everyone.title} />}
      </div>
      <div role="gridcell" className="tunnel-state" data-testid="tunnel-state" data-state={state.kind}>
        <StateMark mark={markOfTunnel(state)} />
        <State state={state} onNow={() => does.resume(id)} />
      </div>
      <div role="gridcell" className="tunnel-local mono ellipsis selectable" title={tunnel.local}>
        {local.kind === "port" ? (
          <>
            <span className="tunnel-host">{local.host}</span>:{local.port}
          </>
        ) : (
          fileName(local.path)
        )}
      </div>
      <div role="gridcell" className="tunnel-rate">
        {on && rate(tunnel.rate)}
      </div>
      <div role="gridcell" className="tunnel-history">
        {on && <Sparkline values={tunnel.history} />}
      </div>
      <div role="gridcell" className="tunnel-resumes">
        {tunnel.resumes}
      </div>
      <div role="gridcell" className="tunnel-actions">
        <span data-testid="tunnel-copy">
          <CopyButton text={tunnel.local} label={words.copyAddressOf(machineOf(spec.target))} reach="pointer" />
        </span>
        <button
          type="button"
          className="icon-button small"
          tabIndex={-1}
          data-testid="tunnel-menu"
          aria-label={words.more(name)}
          aria-haspopup="menu"
          title={words.more(name)}
          onClick={(event) => {
            const { left, bottom } = event.currentTarget.getBoundingClientRect();
            does.menu(id, { x: left, y: bottom });
          }}
          onDoubleClick={(event) => event.stopPropagation()}
        >
          <Icon of={Ellipsis} size="small" />
        </button>
      </div>
    </div>
  );
});

/** The element of a tunnel's row. */
export function rowId(id: string): string {
  return `tunnel-${id}`;
}

function State({ state, onNow }: { state: TunnelState; onNow: () => void }) {
  if (state.kind === "resuming") {
    return <Resuming nextAt={state.nextAt} onNow={onNow} />;
  }
  const word = state.kind === "starting" && state.text !== "" ? state.text : stateWord(state);
  return (
    <span className="ellipsis" title={word}>
      {word}
    </span>
  );
}

function Resuming({ nextAt, onNow }: { nextAt: number; onNow: () => void }) {
  const now = useNow(250);
  return (
    <>
      <span className="ellipsis tabular">{words.resumingIn(Math.ceil((nextAt - now) / 1000))}</span>
      <button
        type="button"
        className="link"
        tabIndex={-1}
        title={words.resumeNow}
        onClick={(event) => {
          event.stopPropagation();
          onNow();
        }}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        {words.now}
      </button>
    </>
  );
}

function Sparkline({ values }: { values: readonly number[] }) {
  return (
    <svg className="sparkline" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <path d={sparklinePath(values, WIDTH, HEIGHT)} />
    </svg>
  );
}
