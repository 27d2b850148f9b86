import { Box, ChevronRight, CircleHelp, Cloud, Lock, MapPin, Plug, Star } from "lucide-react";
import type { CSSProperties } from "react";

import type { TreeRow } from "../../contract/TreeRow";
import type { Spot } from "../../design/ContextMenu";
import { Icon, OsIcon } from "../../design/Icon";
import { markOfStatus, StateMark } from "../../design/StateMark";
import { blockedWord } from "../explain/words";
import { problemWord, statusWord, words } from "./words";

/** A row of the tree, or the skeleton of one that is still to come. */
export function Row({
  row,
  id,
  start,
  active,
  onPress,
  onOpen,
  onConnect,
  onStar,
  onMenu,
}: {
  row: TreeRow | null;
  id: string | undefined;
  start: number;
  active: boolean;
  onPress: () => void;
  onOpen: () => void;
  onConnect: () => void;
  onStar: () => void;
  onMenu: (spot: Spot) => void;
}) {
  const style = { transform: `translateY(${start}px)`, "--depth": row?.depth ?? 1 } as CSSProperties;
  if (row === null) {
    return (
      <div className="row row-skeleton" style={style} aria-hidden="true">
        <span className="skeleton" style={{ width: `${40 + ((start / 7) % 30)}%` }} />
      </div>
    );
  }
  const { instance } = row;
  const blocked = row.preflight?.state === "blocked" ? blockedWord(row.preflight) : "";
  const about = [row.name, row.detail, row.problem === null ? "" : problemWord(row.problem), blocked].filter((part) => part !== "");
  const off = row.status === "stopped" || row.status === "suspended" || row.problem !== null;
  return (
    // The tree has the keyboard, and names its active row.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
    <div
      id={id}
      role="treeitem"
      className="row"
      style={style}
      data-kind={row.kind}
      data-off={off || undefined}
      data-testid={`tree-row-${row.name}`}
      aria-level={row.depth + 1}
      aria-setsize={row.setSize}
      aria-posinset={row.position}
      aria-selected={active}
      {...(row.expanded === null ? {} : { "aria-expanded": row.expanded })}
      {...(row.loading ? { "aria-busy": true } : {})}
      onClick={(event) => {
        // The second click of a double one is no click of its own.
        if (event.detail <= 1) {
          onPress();
        }
      }}
      onDoubleClick={onOpen}
      onMouseEnter={({ currentTarget: shown }) => {
        // A tooltip over the tree only for what the row itself does not show.
        shown.title = row.problem !== null || blocked !== "" || isCut(shown) ? about.join("\n") : "";
      }}
      onMouseDown={(event) => event.button === 1 && event.preventDefault()}
      onContextMenu={(event) => {
        event.preventDefault();
        onMenu({ x: event.clientX, y: event.clientY });
      }}
    >
      {row.expanded !== null && (
        <span className="row-chevron" data-open={row.expanded}>
          <Icon of={ChevronRight} size="tiny" />
        </span>
      )}
      {row.kind === "project" && <Icon of={Box} className="row-icon" />}
      {row.kind === "favourites" && <Icon of={Star} className="row-icon" />}
      {row.kind === "zone" && <Icon of={MapPin} className="row-icon" />}
      {row.kind === "notice" && <Icon of={Cloud} size="small" className="row-icon" />}
      {instance !== null && (
        <span className="row-icon">
          <OsIcon os={row.os ?? "unknown"} />
        </span>
      )}
      <span className="row-name ellipsis">{row.name}</span>
      <span className="row-more">
        {row.status !== null && <StateMark mark={markOfStatus(row.status)} label={statusWord(row.status)} />}
        {blocked !== "" && (
          <span className="row-blocked" data-testid={`blocked-${row.name}`}>
            <Icon of={Lock} size="tiny" />
            <span className="sr-only">{blocked}</span>
          </span>
        )}
        {instance !== null && (
          <button
            type="button"
            className="row-star"
            tabIndex={-1}
            data-starred={row.favourite || undefined}
            data-testid={`star-${row.name}`}
            aria-label={row.favourite ? words.unstar(row.name) : words.star(row.name)}
            title={row.favourite ? words.unstar(row.name) : words.star(row.name)}
            onClick={(event) => {
              event.stopPropagation();
              onStar();
            }}
            onDoubleClick={(event) => event.stopPropagation()}
          >
            <Icon of={Star} size="tiny" />
          </button>
        )}
        {instance !== null && (
          <button
            type="button"
            className="row-connect"
            tabIndex={-1}
            aria-label={words.connectTo(row.name)}
            title={words.connectTo(row.name)}
            onClick={(event) => {
              event.stopPropagation();
              onConnect();
            }}
            onDoubleClick={(event) => event.stopPropagation()}
          >
            <Icon of={Plug} size="tiny" />
            {words.connect}
          </button>
        )}
        {row.problem !== null && (
          <span className="row-problem">
            <Icon of={CircleHelp} size="small" />
            <span className="sr-only">{problemWord(row.problem)}</span>
          </span>
        )}
        {row.count !== null && <span className="row-count">{row.count}</span>}
        {row.detail !== "" && (
          <span className="row-detail">
            <span className="row-detail-text">{row.detail}</span>
          </span>
        )}
        {row.loading && <span className="skeleton row-loading" />}
      </span>
    </div>
  );
}

/** Whether some text of the row has no room. */
function isCut(row: HTMLElement): boolean {
  const { bottom } = row.getBoundingClientRect();
  return [...row.querySelectorAll(".row-name, .row-detail-text")].some(
    (text) => text.scrollWidth > text.clientWidth || text.getBoundingClientRect().top >= bottom,
  );
}
