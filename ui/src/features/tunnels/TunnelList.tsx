import { useEffect, useMemo, useRef, useState } from "react";

import type { TunnelInfo } from "../../contract/TunnelInfo";
import { ContextMenu, type Spot } from "../../design/ContextMenu";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { listIntent } from "./listKeys";
import { usualUser } from "./strings";
import { isOn, keyOf } from "./target";
import { type RowDoes, rowId, TunnelRow } from "./TunnelRow";
import { AskRemove, entriesOf } from "./tunnelMenu";
import { words } from "./words";

const COLUMNS = ["target", "state", "local", "rate", "history", "resumed", "actions"] as const;

/** The list: a grid by rows, of which the chosen one has the keyboard. */
export function TunnelList({ tunnels, chosen, onDetails }: { tunnels: TunnelInfo[]; chosen: TunnelInfo; onDetails: () => void }) {
  const model = useModel();
  const desk = deskOf(model);
  const { backend } = model;
  const platform = useAppState((state) => state.platform);
  const email = useAppState((state) => state.accounts[0]?.email);
  const place = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState<{ id: string; spot: Spot } | null>(null);
  const [removing, setRemoving] = useState<TunnelInfo | null>(null);
  const at = tunnels.indexOf(chosen);

  const focusRow = (id: string) => document.getElementById(rowId(id))?.focus();
  const details = useRef(onDetails);
  useEffect(() => {
    details.current = onDetails;
  }, [onDetails]);
  const does = useMemo(
    (): RowDoes => ({
      choose: (id) => desk.change({ tunnel: id }),
      open: (id) => {
        desk.change({ tunnel: id });
        details.current();
      },
      menu: (id, spot) => {
        desk.change({ tunnel: id });
        setMenu({ id, spot });
      },
      resume: (id) => desk.actOnTunnel(id, "resumeNow"),
    }),
    [desk],
  );
  useEffect(() => {
    document.getElementById(rowId(chosen.id))?.scrollIntoView({ block: "nearest" });
  }, [chosen.id]);

  const copy = (text: string) => {
    backend.call("clipboard_write", { text }).catch(remarkFailure);
  };
  const edit = (id: string) => desk.change({ form: { kind: "edit", id } });

  const keyed = (event: React.KeyboardEvent) => {
    const on = event.target instanceof HTMLElement && event.target.getAttribute("role") === "row";
    const rowHeight = document.getElementById(rowId(chosen.id))?.offsetHeight ?? 1;
    const page = Math.max(1, Math.floor((place.current?.clientHeight ?? rowHeight) / rowHeight) - 2);
    const intent = listIntent(event, at, tunnels.length, page);
    if (intent === null || !on || (intent.kind === "copy" && document.getSelection()?.isCollapsed === false)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (intent.kind) {
      case "move": {
        const to = tunnels[intent.index];
        if (to !== undefined) {
          desk.change({ tunnel: to.id });
          focusRow(to.id);
        }
        break;
      }
      case "details":
        onDetails();
        break;
      case "toggle":
        desk.actOnTunnel(chosen.id, isOn(chosen) ? "stop" : "start");
        break;
      case "remove":
        setRemoving(chosen);
        break;
      case "edit":
        if (!chosen.byCommand) {
          edit(chosen.id);
        }
        break;
      case "copy":
        copy(chosen.local);
        break;
      case "menu": {
        const box = document.getElementById(rowId(chosen.id))?.getBoundingClientRect();
        setMenu({ id: chosen.id, spot: { x: (box?.left ?? 0) + rowHeight, y: box?.bottom ?? 0 } });
        break;
      }
    }
  };
  const menuOf = tunnels.find(({ id }) => id === menu?.id);

  return (
    <div className="tunnel-scroll" ref={place}>
      {/* The rows have the keyboard; the grid hears their keys. */}
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus */}
      <div
        role="grid"
        className="tunnel-grid"
        aria-label={words.list}
        aria-rowcount={tunnels.length + 1}
        aria-colcount={COLUMNS.length}
        onKeyDown={keyed}
      >
        <div role="row" className="tunnel-head" aria-rowindex={1}>
          {COLUMNS.map((column) => (
            <div role="columnheader" className={`caps tunnel-${CLASSES[column]}`} key={column}>
              <span className={column === "actions" || column === "history" ? "sr-only" : "ellipsis"}>
                {words.columns[column]}
              </span>
            </div>
          ))}
        </div>
        {tunnels.map((tunnel, index) => (
          <TunnelRow key={tunnel.id} tunnel={tunnel} index={index} chosen={tunnel === chosen} does={does} />
        ))}
      </div>
      {menu !== null && menuOf !== undefined && (
        <ContextMenu
          label={keyOf(menuOf.spec)}
          spot={menu.spot}
          entries={entriesOf(menuOf, usualUser(email), platform, {
            act: (id, action) => desk.actOnTunnel(id, action),
            // After the menu has given the keyboard back.
            edit: (id) => void setTimeout(() => edit(id), 0),
            save: (id) => void setTimeout(() => void desk.profiles.saveAs({ kind: "tunnel", id }), 0),
            remove: (tunnel) => void setTimeout(() => setRemoving(tunnel), 0),
            copy,
            open: (url) => {
              backend.call("open_link", { url }).catch(remarkFailure);
            },
          })}
          onClose={() => {
            setMenu(null);
            focusRow(menu.id);
          }}
        />
      )}
      {removing !== null && (
        <AskRemove
          tunnel={removing}
          onAnswer={(answer) => {
            setRemoving(null);
            const next = tunnels[at + 1] ?? tunnels[at - 1];
            if (answer === "yes") {
              desk.actOnTunnel(removing.id, "remove");
              desk.change({ tunnel: next?.id ?? null });
            }
            // After the dialog has given the keyboard back.
            setTimeout(() => focusRow(answer === "yes" ? (next?.id ?? "") : removing.id), 0);
          }}
        />
      )}
    </div>
  );
}

const CLASSES: Record<(typeof COLUMNS)[number], string> = {
  target: "target",
  state: "state",
  local: "local",
  rate: "rate",
  history: "history",
  resumed: "resumes",
  actions: "actions",
};
