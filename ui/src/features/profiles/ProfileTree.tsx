import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import {
  Collection,
  type DropTarget,
  type Key,
  ListLayout,
  Tree,
  type TreeRenderProps,
  useDragAndDrop,
  Virtualizer,
} from "react-aria-components";

import type { ProfileInfo } from "../../contract/ProfileInfo";
import type { ProfileList } from "../../contract/ProfileList";
import { sizeToken } from "../../design/colour";
import { ContextMenu, type Spot } from "../../design/ContextMenu";
import { remarkFailure } from "../../design/toast";
import { useAppState, useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { AskRemove } from "./AskRemove";
import type { FolderNaming } from "./FolderDialog";
import { movesFor } from "./moves";
import { entriesOf } from "./profileMenu";
import { FolderRow, ProfileRow, type RowDoes } from "./ProfileRow";
import { allKeys, chosenFolders, chosenProfiles, folderKeys, keyOfProfile, nextTo, type ProfileNode, readKey, seenIn } from "./tree";
import { words } from "./words";

/** Only what is dragged in this tree can be dropped in it. */
const DRAG_TYPE = "application/x-adit-profile";

/** Keys that act on the row that has the keyboard, and on what is chosen with it. */
const ACTS: ReadonlySet<string> = new Set(["F2", "Delete", "Backspace", "ContextMenu", "F10"]);

type SelectionManager = TreeRenderProps["state"]["selectionManager"];

/** The tree: rows that are chosen one or several at a time, opened by Enter and moved by dragging. */
export function ProfileTree({
  list,
  seen,
  nodes,
  finding,
  keys,
  onName,
  onFocus,
}: {
  list: ProfileList;
  /** The list as far as the tree shows it: only that is started, removed or exported. */
  seen: ProfileList;
  nodes: readonly ProfileNode[];
  /** While a person looks for something, all folders that hold it are open. */
  finding: "finding" | "all";
  /** What is chosen of what is shown. */
  keys: ReadonlySet<string>;
  onName: (naming: FolderNaming) => void;
  /** Gives the keyboard back to the tree. */
  onFocus: () => void;
}) {
  const model = useModel();
  const desk = deskOf(model);
  const { profiles } = desk;
  const platform = useAppState((state) => state.platform);
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const [menu, setMenu] = useState<Spot | null>(null);
  const [removing, setRemoving] = useState<ReadonlySet<string> | null>(null);
  const dragged = useRef<ReadonlySet<string>>(new Set());
  const all = useMemo(() => folderKeys(nodes), [nodes]);
  const expanded = useMemo(() => (finding === "finding" ? all : all.filter((key) => !closed.has(key))), [all, closed, finding]);
  const rowHeight = useMemo(() => sizeToken("profile-row", 36), []);
  const { writable } = list;

  const toggle = useCallback((key: string) => {
    setClosed((before) => {
      const after = new Set(before);
      if (!after.delete(key)) {
        after.add(key);
      }
      return after;
    });
  }, []);

  /** Whether dropping what is dragged there would change anything. */
  const takes = (target: DropTarget) =>
    target.type === "item" &&
    movesFor(list, dragged.current, { key: String(target.key), position: target.dropPosition }).length > 0;
  const { dragAndDropHooks } = useDragAndDrop<ProfileNode>({
    isDisabled: !writable,
    getItems: (moved) => [...moved].map((key) => ({ [DRAG_TYPE]: String(key) })),
    acceptedDragTypes: [DRAG_TYPE],
    onDragStart: (event) => {
      dragged.current = strings(event.keys);
    },
    shouldAcceptItemDrop: (target) => readKey(String(target.key))?.kind === "folder",
    getDropOperation: (target) => (takes(target) ? "move" : "cancel"),
    onMove: ({ keys: moved, target }) => {
      void profiles.move(movesFor(list, strings(moved), { key: String(target.key), position: target.dropPosition }));
    },
    renderDragPreview: (items) => <span className="profile-dragged">{words.moving(items.length)}</span>,
  });

  const chosen = chosenProfiles(seen, keys);

  const does = useMemo(
    (): RowDoes => ({
      go: (info) => void profiles.go(info),
      menu: (key, spot) => {
        if (!desk.state.profileKeys.has(key)) {
          profiles.choose(new Set([key]));
        }
        setMenu(spot);
      },
    }),
    [desk, profiles],
  );

  /** Enter, or a double click. Several that are chosen start together. */
  const act = (key: string) => {
    const found = readKey(key);
    if (found?.kind === "folder") {
      toggle(key);
      return;
    }
    const info = list.profiles.find(({ id }) => id === found?.id);
    if (keys.has(key) && keys.size > 1) {
      void profiles.start(chosen);
    } else if (info !== undefined) {
      void profiles.go(info);
    }
  };
  const edit = (meant: ReadonlySet<string>) => {
    const [key] = meant.size === 1 ? meant : [];
    const found = key === undefined ? null : readKey(key);
    if (!writable || found === null) {
      return;
    }
    if (found.kind === "profile") {
      profiles.edit(found.id);
    } else {
      onName({ kind: "rename", path: found.path });
    }
  };
  const atLogin = (info: ProfileInfo) => {
    const start = info.profile.start === "atLogin" ? "byHand" : "atLogin";
    profiles.save(info.id, { ...info.profile, start }).catch(remarkFailure);
  };

  const keyed = (event: React.KeyboardEvent) => {
    const row = event.target instanceof HTMLElement && ["row", "treegrid"].includes(event.target.role ?? "") ? event.target : null;
    if (row === null || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const key = row.dataset["key"];
    // A row that was found by its first letters has the keyboard without being chosen: it is meant all the same.
    if (key !== undefined && !keys.has(key) && ACTS.has(event.key)) {
      profiles.choose(new Set([key]));
    }
    // It may have been chosen just now.
    const meant = seenIn(nodes, list, desk.state.profileKeys).keys;
    const isMenu = event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey);
    if (isMenu && key !== undefined) {
      const { left, bottom } = row.getBoundingClientRect();
      does.menu(key, { x: left + rowHeight, y: bottom });
    } else if (event.key === "F2" && !event.shiftKey) {
      edit(meant);
    } else if ((event.key === "Delete" || event.key === "Backspace") && writable && meant.size > 0) {
      setRemoving(meant);
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  // What was chosen from elsewhere has the keyboard, and so has what comes in place of the row that had it and is gone.
  const place = useRef<HTMLDivElement>(null);
  const rows = useRef<SelectionManager | null>(null);
  const [first] = keys;
  useEffect(() => {
    // The rows of a new list are drawn after it has come.
    const frame = requestAnimationFrame(() => {
      const tree = place.current?.querySelector("[role=treegrid]");
      if (first !== undefined && allKeys(nodes).includes(first) && (document.activeElement === tree || profiles.takeAsked(first) === "asked")) {
        rows.current?.setFocused(true);
        rows.current?.setFocusedKey(first);
      }
      // Below it may be less room than before: why the row did not start.
      const row = first === undefined ? null : tree?.querySelector(`[data-key="${CSS.escape(first)}"]`);
      row?.scrollIntoView({ block: "nearest" });
    });
    return () => cancelAnimationFrame(frame);
  }, [first, nodes, profiles]);

  return (
    // The rows have the keyboard; their keys and menus are heard here.
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions
    <div
      className="profile-tree-keys"
      ref={place}
      onKeyDownCapture={keyed}
      onContextMenu={(event) => {
        const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[role=row]") : null;
        event.preventDefault();
        if (row !== null) {
          does.menu(row.dataset["key"] ?? "", { x: event.clientX, y: event.clientY });
        }
      }}
    >
      <Virtualizer layout={ListLayout} layoutOptions={{ rowHeight }}>
        <Tree
          className={({ state }) => {
            rows.current = state.selectionManager;
            return "profile-tree";
          }}
          data-testid="profile-tree"
          aria-label={words.list}
          items={nodes}
          selectionMode="multiple"
          selectionBehavior="replace"
          selectedKeys={keys}
          onSelectionChange={(to) => profiles.choose(to === "all" ? new Set(allKeys(nodes)) : strings(to))}
          expandedKeys={expanded}
          onExpandedChange={(to) => setClosed(new Set([...closed].filter((key) => !all.includes(key)).concat(all.filter((key) => !to.has(key)))))}
          onAction={(key) => act(String(key))}
          dragAndDropHooks={dragAndDropHooks}
        >
          {function row(node: ProfileNode) {
            return node.kind === "folder" ? (
              <FolderRow key={node.key} node={node} does={does}>
                <Collection items={node.children}>{row}</Collection>
              </FolderRow>
            ) : (
              <ProfileRow key={node.key} node={node} does={does} />
            );
          }}
        </Tree>
      </Virtualizer>
      {menu !== null && (
        <ContextMenu
          label={words.menu}
          spot={menu}
          entries={entriesOf({
            chosen,
            keys,
            platform,
            writable,
            does: {
              go: (info) => void profiles.go(info),
              start: (infos) => void profiles.start(infos),
              // After the menu has given the keyboard back.
              edit: (id, pane) => void setTimeout(() => profiles.edit(id, pane), 0),
              atLogin,
              duplicate: (ids) => void profiles.duplicate(ids),
              export: (ids) => void profiles.export(ids),
              remove: () => void setTimeout(() => setRemoving(keys), 0),
              create: (folder) => void setTimeout(() => profiles.create(folder), 0),
              name: (naming) => void setTimeout(() => onName(naming), 0),
            },
          })}
          onClose={() => {
            setMenu(null);
            onFocus();
          }}
        />
      )}
      {removing !== null && (
        <AskRemove
          names={seen.profiles.filter(({ id }) => removing.has(keyOfProfile(id))).map(({ profile }) => profile.name)}
          folders={chosenFolders(removing).map((path) => path.at(-1) ?? "")}
          onAnswer={(answer) => {
            setRemoving(null);
            if (answer === "yes") {
              // It has the keyboard then.
              const next = nextTo(nodes, removing);
              profiles.choose(new Set(next === null ? [] : [next]));
              void profiles.remove(
                seen.profiles.filter(({ id }) => removing.has(keyOfProfile(id))).map(({ id }) => id),
                chosenFolders(removing),
              );
            }
            // After the dialog has given the keyboard back.
            setTimeout(onFocus, 0);
          }}
        />
      )}
    </div>
  );
}

function strings(keys: Iterable<Key>): ReadonlySet<string> {
  return new Set([...keys].map(String));
}
