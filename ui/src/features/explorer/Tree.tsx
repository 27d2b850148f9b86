import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useReducer, useRef, useState } from "react";

import type { InstanceAction } from "../../contract/InstanceAction";
import type { InstanceRef } from "../../contract/InstanceRef";
import type { TreeRow } from "../../contract/TreeRow";
import { sizeToken } from "../../design/colour";
import { ContextMenu, type Spot } from "../../design/ContextMenu";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { deskOf, usualProtocol } from "../window/desk";
import { AskAction, entriesOf } from "./rowMenu";
import { Row } from "./Row";
import { TreeRows, vmOf } from "./rows";
import { treeIntent, Typeahead } from "./treeKeys";
import { words } from "./words";

/** The tree: a flat list with a tree's roles, of which core holds the rows. */
export function Tree() {
  const model = useModel();
  const desk = deskOf(model);
  const { backend } = model;
  const revision = useAppState((state) => state.inventory.revision);
  const total = useAppState((state) => state.inventory.rows);
  const platform = useAppState((state) => state.platform);
  const [, drawAgain] = useReducer((count: number) => count + 1, 0);
  const rows = useMemo(
    () => new TreeRows((offset, count) => backend.call("tree_rows", { offset, count }), drawAgain),
    [backend],
  );
  const place = useRef<HTMLDivElement>(null);
  const typed = useRef(new Typeahead());
  const [active, setActive] = useState<{ index: number; id: string | null }>({ index: 0, id: null });
  const [menu, setMenu] = useState<{ row: TreeRow; spot: Spot } | null>(null);
  const [asking, setAsking] = useState<{ instance: InstanceRef; action: InstanceAction } | null>(null);
  const rowHeight = useMemo(() => sizeToken("row-height", 26), []);

  useEffect(() => rows.renew(revision, total), [rows, revision, total]);

  const virtual = useVirtualizer({
    count: rows.total,
    getScrollElement: () => place.current,
    estimateSize: () => rowHeight,
    overscan: 12,
    // The active row is always there: the tree names it as its active descendant.
    rangeExtractor: (range) => {
      const first = Math.max(0, range.startIndex - range.overscan);
      const last = Math.min(range.count - 1, range.endIndex + range.overscan);
      const shown = Array.from({ length: Math.max(0, last - first + 1) }, (_, step) => first + step);
      if (active.index < range.count && (active.index < first || active.index > last)) {
        shown.push(active.index);
      }
      return shown;
    },
  });
  const items = virtual.getVirtualItems();
  const inView = items.filter(({ index }) => index !== active.index || items.length === 1);
  const first = inView[0]?.index ?? 0;
  const last = inView.at(-1)?.index ?? 0;
  useEffect(() => rows.show(first, last), [rows, first, last, rows.total]);

  // The active row keeps its identity when rows come or go above it.
  const activeRow = rows.at(active.index);
  useEffect(() => {
    if (active.id === null) {
      if (activeRow !== null) {
        setActive({ index: active.index, id: activeRow.id });
      }
    } else if (activeRow !== null && activeRow.id !== active.id) {
      const moved = rows.indexOf(active.id);
      setActive(moved === null ? { index: active.index, id: activeRow.id } : { index: moved, id: active.id });
    } else if (active.index >= rows.total && rows.total > 0) {
      setActive({ index: rows.total - 1, id: null });
    }
  }, [active, activeRow, rows, rows.total]);

  const moveTo = useCallback(
    (index: number) => {
      setActive({ index, id: rows.at(index)?.id ?? null });
      virtual.scrollToIndex(index, { align: "auto" });
    },
    [rows, virtual],
  );
  const toggle = (row: TreeRow, expanded: boolean) => {
    backend.call("tree_toggle", { id: row.id, expanded }).catch(remarkFailure);
  };
  const activate = (row: TreeRow) => {
    const to = vmOf(row);
    if (to !== null) {
      void desk.show(to);
    } else if (row.expanded !== null) {
      toggle(row, !row.expanded);
    }
  };
  const act = (instance: InstanceRef, action: InstanceAction) => {
    backend.call("instance_action", { instance, action }).catch(remarkFailure);
  };
  const star = (instance: InstanceRef, favourite: boolean) => {
    backend.call("favourite_set", { instance, favourite }).catch(remarkFailure);
  };
  const openMenu = (row: TreeRow, spot: Spot) => {
    if (row.kind !== "notice" && row.kind !== "favourites") {
      setMenu({ row, spot });
    }
  };

  useEffect(() => {
    desk.explorerVm = () => {
      return activeRow !== null && document.activeElement === place.current ? vmOf(activeRow) : null;
    };
    return () => {
      desk.explorerVm = () => null;
    };
  }, [desk, activeRow]);
  useEffect(() => {
    desk.focusExplorer = () => place.current?.focus();
    return () => {
      desk.focusExplorer = () => {};
    };
  }, [desk]);

  const keyed = (event: React.KeyboardEvent) => {
    const intent = treeIntent(event, {
      active: active.index,
      total: rows.total,
      page: Math.max(1, Math.floor((place.current?.clientHeight ?? rowHeight) / rowHeight) - 1),
      row: (index) => rows.at(index),
    });
    if (intent === null) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    switch (intent.kind) {
      case "move":
        moveTo(intent.index);
        break;
      case "toggle":
        toggle(intent.row, intent.expanded);
        break;
      case "activate":
        activate(intent.row);
        break;
      case "chooseHow":
        desk.askConnect(intent.to);
        break;
      case "openSiblings":
        backend.call("tree_toggle", { id: `*${intent.row.id}`, expanded: true }).catch(remarkFailure);
        break;
      case "menu": {
        const at = document.getElementById(elementId(intent.row))?.getBoundingClientRect();
        openMenu(intent.row, { x: (at?.left ?? 0) + rowHeight, y: at?.bottom ?? 0 });
        break;
      }
      case "find": {
        const { text, from } = typed.current.add(intent.text, event.timeStamp);
        const start = from === "next" ? (active.index + 1) % rows.total : active.index;
        backend.call("tree_find", { prefix: text, from: start }).then((found) => {
          if (found !== null) {
            moveTo(found);
          }
          return undefined;
        }, remarkFailure);
        break;
      }
    }
  };

  return (
    <div
      ref={place}
      className="tree"
      role="tree"
      tabIndex={0}
      data-testid="tree"
      aria-label={words.tree}
      aria-activedescendant={activeRow === null ? undefined : elementId(activeRow)}
      onKeyDown={keyed}
    >
      <div className="tree-all" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const row = rows.at(index);
          return (
            <Row
              key={index}
              row={row}
              id={row === null ? undefined : elementId(row)}
              start={start}
              active={index === active.index}
              onPress={() => {
                setActive({ index, id: row?.id ?? null });
                if (row !== null && row.expanded !== null) {
                  toggle(row, !row.expanded);
                }
              }}
              onOpen={() => row?.instance && activate(row)}
              onConnect={() => {
                const to = row === null ? null : vmOf(row);
                if (to !== null) {
                  void desk.connect(to);
                }
              }}
              onStar={() => {
                if (row?.instance) {
                  star(row.instance, !row.favourite);
                }
              }}
              onMenu={(spot) => {
                if (row !== null) {
                  setActive({ index, id: row.id });
                  openMenu(row, spot);
                }
              }}
            />
          );
        })}
      </div>
      {menu !== null && (
        <ContextMenu
          label={menu.row.name}
          spot={menu.spot}
          entries={entriesOf(menu.row, platform, {
            show: (to, protocol) => void desk.show(to, protocol),
            connect: (to) => void desk.connect(to),
            // After the menu has given the keyboard back.
            choose: (to) => void setTimeout(() => desk.askConnect(to), 0),
            password: (instance) => void setTimeout(() => desk.change({ passwordFor: instance }), 0),
            toggle,
            act,
            star,
            save: ({ instance, os }) => void setTimeout(() => void desk.profiles.saveAs({ kind: "vm", instance, action: { kind: usualProtocol(os) } }), 0),
            ask: (instance, action) => setAsking({ instance, action }),
            forward: (to) => void setTimeout(() => desk.newForward(to), 0),
            explain: (to) => void setTimeout(() => desk.askExplain(to), 0),
            help: (topic) => void setTimeout(() => desk.openHelp(topic), 0),
            settings: (of) => void setTimeout(() => desk.openSettings(of), 0),
            copy: (text) => {
              backend.call("clipboard_write", { text }).catch(remarkFailure);
            },
          })}
          onClose={() => {
            setMenu(null);
            place.current?.focus();
          }}
        />
      )}
      {asking !== null && (
        <AskAction
          action={asking.action}
          vm={asking.instance.name}
          onAnswer={(answer) => {
            if (answer === "yes") {
              act(asking.instance, asking.action);
            }
            setAsking(null);
          }}
        />
      )}
    </div>
  );
}

function elementId(row: TreeRow): string {
  return `row-${row.id.replaceAll(/[^A-Za-z0-9_-]/g, "_")}`;
}
