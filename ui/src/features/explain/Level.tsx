import { Check, CircleCheckBig, CircleQuestionMark, Info, ShieldAlert, ShieldQuestionMark, ShieldX, X, type LucideIcon } from "lucide-react";
import { useId, useState } from "react";

import type { LevelCard } from "../../contract/LevelCard";
import type { LevelRow } from "../../contract/LevelRow";
import type { LevelStatus } from "../../contract/LevelStatus";
import { Icon } from "../../design/Icon";
import { groupsOf, isAddress, type RowState, stateOf } from "./levels";
import { Marked } from "./Marked";
import { ROW, words } from "./words";

const LEVEL_ICONS: Record<LevelStatus, LucideIcon> = {
  reported: ShieldX,
  failed: ShieldX,
  inferred: ShieldAlert,
  suspect: ShieldQuestionMark,
};
const ROW_ICONS: Record<RowState, LucideIcon> = { met: CircleCheckBig, looksMet: Check, notMet: X, unknown: CircleQuestionMark };
/** A longer value is cut, until it is asked for. */
const LONG = 200;

/** An access level that bars the way: what it asks for, beside what this computer has. */
export function Level({ level }: { level: LevelCard }) {
  const id = useId();
  const groups = groupsOf(level.rows);
  return (
    <section className="why-card" data-testid={`level-${level.name}`} data-status={level.status} aria-labelledby={id}>
      <header className="why-card-head">
        <Icon of={LEVEL_ICONS[level.status]} />
        <div className="why-card-words">
          <h2 className="why-card-title selectable" id={id}>
            {level.title}
          </h2>
          <p className="why-card-name mono selectable">{level.name}</p>
          <p className="why-card-status quiet">{level.statusText}</p>
        </div>
        {level.combine !== "" && <p className="why-card-combine quiet">{level.combine}</p>}
      </header>
      {groups.length > 0 && (
        <div className="why-table" role="table" aria-label={words.rowsOf(level.title)}>
          <div className="why-table-head" role="rowgroup">
            <div className="why-row caps" role="row">
              <span role="columnheader">{words.columns.condition}</span>
              <span role="columnheader">{words.columns.wants}</span>
              <span role="columnheader">{words.columns.have}</span>
              <span role="columnheader">
                <span className="sr-only">{words.columns.state}</span>
              </span>
            </div>
          </div>
          {groups.map(({ condition, rows }, nth) => (
            <div role="rowgroup" key={condition} aria-label={groups.length > 1 ? words.group(nth + 1) : undefined}>
              {groups.length > 1 && (
                <p className="why-group" aria-hidden="true">
                  {words.group(nth + 1)}
                </p>
              )}
              {rows.map((row, index) => (
                // Two rows may ask for the same.
                // oxlint-disable-next-line react/no-array-index-key
                <Row key={index} row={row} />
              ))}
            </div>
          ))}
        </div>
      )}
      {level.expression !== null && <Marked expression={level.expression} />}
      {level.note !== "" && (
        <p className="why-card-note">
          <Icon of={Info} size="small" />
          {level.note}
        </p>
      )}
    </section>
  );
}

function Row({ row }: { row: LevelRow }) {
  const state = stateOf(row);
  return (
    <div className="why-row" role="row" data-state={state} data-testid="level-row">
      <span className="why-label" role="rowheader">
        <Icon of={ROW_ICONS[state]} size="small" />
        {row.label}
      </span>
      <span className="why-cell" role="cell" data-label={words.columns.wants}>
        <Value text={row.wants} />
      </span>
      <span className="why-cell" role="cell" data-label={words.columns.have}>
        {row.have === null ? (
          <span className="quiet">{row.note === "" ? words.onlyGoogle : row.note}</span>
        ) : (
          <span className="why-value">
            <Value text={row.have} />
            {row.note !== "" && <span className="why-note">{row.note}</span>}
          </span>
        )}
      </span>
      <span className="why-state" role="cell">
        {ROW[state]}
        {row.inferred && <span className="why-note">{words.inferred}</span>}
      </span>
    </div>
  );
}

function Value({ text }: { text: string }) {
  const [whole, setWhole] = useState(text.length <= LONG);
  return (
    <span className={isAddress(text) ? "why-value mono selectable" : "why-value selectable"}>
      {whole ? text : `${text.slice(0, LONG).trimEnd()}…`}
      {!whole && (
        <button type="button" className="link" onClick={() => setWhole(true)}>
          {words.showAll}
        </button>
      )}
    </span>
  );
}
