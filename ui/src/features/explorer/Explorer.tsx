import { ListFilter, RefreshCw, Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";

import type { InventoryState } from "../../contract/InventoryState";
import { Icon } from "../../design/Icon";
import { remarkFailure } from "../../design/toast";
import { useAppState, useBackend, useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { deskOf } from "../window/desk";
import { Tree } from "./Tree";
import { problemWord, words } from "./words";
import "./explorer.css";

/** How long typing rests before the filter is sent. */
const REST = 120;

export function Explorer() {
  const backend = useBackend();
  const desk = deskOf(useModel());
  const inventory = useAppState((state) => state.inventory);
  const [filter, setFilter] = useState("");
  const field = useRef<HTMLInputElement>(null);
  // What core filters by is not known until this explorer has told it: an earlier one may have left its filter.
  const sent = useRef<string | null>(null);
  useEffect(() => {
    if (filter === sent.current) {
      return;
    }
    const send = () => {
      sent.current = filter;
      backend.call("tree_filter", { text: filter }).catch(remarkFailure);
    };
    if (filter === "") {
      send();
      return;
    }
    const timer = setTimeout(send, REST);
    return () => clearTimeout(timer);
  }, [backend, filter]);
  const clear = () => setFilter("");
  const refresh = () => {
    backend.call("refresh", {}).catch(remarkFailure);
  };
  return (
    <nav className="explorer" aria-label={words.title}>
      <div className="filter">
        <Icon of={Search} size="small" />
        <input
          ref={field}
          data-testid="tree-filter"
          aria-label={words.filter}
          placeholder={words.filter}
          value={filter}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setFilter(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape" && filter !== "") {
              event.stopPropagation();
              clear();
            } else if (event.key === "ArrowDown" || event.key === "Enter") {
              event.preventDefault();
              document.querySelector<HTMLElement>("[role=tree]")?.focus();
            }
          }}
        />
        {filter !== "" && (
          <button type="button" className="filter-clear" aria-label={words.filterClear} onClick={clear}>
            <Icon of={X} size="tiny" />
          </button>
        )}
      </div>
      <div className="explorer-head">
        <h2 className="caps">{words.projects}</h2>
        {inventory.leftOut > 0 && (
          <span className="explorer-some quiet tabular" title={words.leftOut(inventory.leftOut)}>
            {words.some(inventory.projects, inventory.projects + inventory.leftOut)}
          </span>
        )}
        <button
          type="button"
          className="icon-button small explorer-choose"
          data-testid="choose-projects"
          aria-label={words.choose}
          title={words.choose}
          onClick={() => desk.change({ choosingProjects: true })}
        >
          <Icon of={ListFilter} size="tiny" />
        </button>
        <button
          type="button"
          className="icon-button small explorer-refresh"
          data-busy={inventory.loading}
          aria-label={words.refresh}
          title={words.refresh}
          onClick={refresh}
        >
          <Icon of={RefreshCw} size="tiny" {...(inventory.loading ? { className: "spinner" } : {})} />
        </button>
      </div>
      {inventory.rows === 0 ? (
        <Nothing inventory={inventory} filter={filter} onRefresh={refresh} onClear={clear} />
      ) : (
        <Tree />
      )}
    </nav>
  );
}

/** No rows: still listing, nothing there, nothing found, or not to be had. */
function Nothing({
  inventory,
  filter,
  onRefresh,
  onClear,
}: {
  inventory: InventoryState;
  filter: string;
  onRefresh: () => void;
  onClear: () => void;
}) {
  if (filter !== "" && inventory.projects > 0) {
    return (
      <div className="nothing">
        <p className="nothing-title">{words.noMatch(filter)}</p>
        <p className="quiet">{words.noMatchAdvice}</p>
        <Button className="button" onPress={onClear}>
          {words.filterClear}
        </Button>
      </div>
    );
  }
  const [problem] = inventory.problems;
  if (!inventory.loading && problem !== undefined) {
    return (
      <div className="nothing" role="alert">
        <p className="nothing-title">{words.failed}</p>
        <p className="quiet">
          {problem.text === "" ? problemWord(problem.code) : problem.text} <HelpLink code={problem.code} />
        </p>
        <Button className="button" onPress={onRefresh}>
          {words.refresh}
        </Button>
      </div>
    );
  }
  if (inventory.loading || inventory.listedAt === null) {
    return (
      <div className="tree-skeleton" role="status" aria-label={words.listing}>
        {[62, 48, 70, 40, 56, 66, 44].map((width, index) => (
          // oxlint-disable-next-line react/no-array-index-key -- drawn once
          <div className="row-skeleton" key={index}>
            <span className="skeleton" style={{ width: `${width}%` }} />
          </div>
        ))}
        <p className="quiet tree-skeleton-words">{words.listing}</p>
      </div>
    );
  }
  return (
    <div className="nothing">
      <p className="nothing-title">{words.noProjects}</p>
      <p className="quiet">{words.noProjectsAdvice}</p>
      <Button className="button" onPress={onRefresh}>
        {words.refresh}
      </Button>
    </div>
  );
}
