/** Below the answer: how we know, what is worth knowing, and what was used. */

import { Check, CircleDashed, CircleSlash, ExternalLink, Info, Lock, Minus, TriangleAlert, type LucideIcon } from "lucide-react";
import { type ReactNode, useId } from "react";

import type { Fact } from "../../contract/Fact";
import type { Link } from "../../contract/Link";
import type { Rung } from "../../contract/Rung";
import type { RungState } from "../../contract/RungState";
import type { ServerSaid } from "../../contract/ServerSaid";
import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";
import { RUNG, words } from "./words";

const RUNG_ICONS: Record<RungState, LucideIcon> = {
  waiting: CircleDashed,
  read: Check,
  denied: Lock,
  missing: CircleSlash,
  failed: TriangleAlert,
  skipped: Minus,
};

function Section({ title, testId, children }: { title: string; testId: string; children: ReactNode }) {
  const id = useId();
  return (
    <section className="why-section" data-testid={testId} aria-labelledby={id}>
      <h2 className="caps" id={id}>
        {title}
      </h2>
      {children}
    </section>
  );
}

/** What was asked, and what came of it. */
export function Rungs({ rungs }: { rungs: readonly Rung[] }) {
  return (
    <Section title={words.evidence} testId="explain-rungs">
      <ul className="why-rungs">
        {rungs.map(({ id, label, state, detail }) => (
          <li className="why-rung" data-state={state} data-testid={`rung-${id}`} key={id}>
            <Icon of={RUNG_ICONS[state]} size="small" />
            <span className="selectable">
              {label}
              <RungDetail state={state} detail={detail} />
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The finding, else what the state means, which goes without saying to who sees the mark of a plain one. */
function RungDetail({ state, detail }: { state: RungState; detail: string }) {
  const text = detail === "" ? RUNG[state] : detail;
  const said = `: ${text}`;
  return detail === "" && (state === "read" || state === "waiting") ? <span className="sr-only">{said}</span> : <span className="quiet">{said}</span>;
}

/** Remarks on how the policies are written, and on what may change by itself. */
export function Remarks({ remarks }: { remarks: readonly string[] }) {
  return (
    <Section title={words.remarks} testId="explain-remarks">
      <ul className="why-remarks">
        {remarks.map((remark) => (
          <li className="why-remark" key={remark}>
            <Icon of={Info} size="small" />
            <span className="selectable">{remark}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What was taken from this computer, and how it was found. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <Section title={words.facts} testId="explain-facts">
      <dl className="facts why-facts">
        {facts.map(({ label, value }) => (
          <div className="fact" key={`${label} ${value}`}>
            <dt>{label}</dt>
            <dd className="selectable">{value}</dd>
            <dd className="fact-copy">
              <CopyButton text={value} label={words.copyFact(label)} />
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

/** Pages of Google's console. */
export function Links({ links }: { links: readonly Link[] }) {
  const backend = useBackend();
  return (
    <Section title={words.links} testId="explain-links">
      <ul className="why-links">
        {links.map(({ label, url }) => (
          <li key={url}>
            <button
              type="button"
              className="link why-link"
              title={url}
              onClick={() => {
                backend.call("open_link", { url }).catch(remarkFailure);
              }}
            >
              {label}
              <Icon of={ExternalLink} size="tiny" />
              <span className="sr-only">, {words.opensBrowser}</span>
            </button>
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** What the other side said, small. */
export function Server({ server: { code, text } }: { server: ServerSaid }) {
  const said = [code, text].filter((part) => part !== "");
  return (
    <Section title={words.server} testId="explain-server">
      <p className="server-said" data-testid="failure-server">
        <span className="mono selectable">{said.join("  ")}</span>
        <CopyButton text={said.join(" ")} label={words.copyServer} />
      </p>
    </Section>
  );
}
