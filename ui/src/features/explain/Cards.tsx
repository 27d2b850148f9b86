/** The role in question, the firewall, and the other ways to qualify. */

import { ArrowRight, KeyRound, Minus, Route } from "lucide-react";
import { useId } from "react";

import type { BindingCard } from "../../contract/BindingCard";
import type { FirewallStep } from "../../contract/FirewallStep";
import { Icon } from "../../design/Icon";
import { Marked } from "./Marked";
import { Phrases } from "./Phrases";
import { words } from "./words";

/** The binding that would let the person in, with its condition. */
export function Binding({ binding }: { binding: BindingCard }) {
  const id = useId();
  return (
    <section className="why-card" data-testid="binding" aria-labelledby={id}>
      <header className="why-card-head">
        <Icon of={KeyRound} />
        <div className="why-card-words">
          <h2 className="why-card-title selectable" id={id}>
            <span className="sr-only">{words.binding}: </span>
            {binding.role}
          </h2>
          <p className="why-card-name mono selectable">{binding.place}</p>
          {binding.member !== null && <p className="why-card-status quiet selectable">{words.through(binding.member)}</p>}
        </div>
        {binding.condition !== null && (
          <p className="why-card-combine quiet">{words.conditionTitle(binding.title)}</p>
        )}
      </header>
      {binding.condition === null ? <p className="why-card-note">{words.noCondition}</p> : <Marked expression={binding.condition} />}
    </section>
  );
}

/** The rules that IAP's connection meets on its way, in their order. */
export function Firewall({ steps }: { steps: readonly FirewallStep[] }) {
  const id = useId();
  const { rule, place, effect } = words.firewallColumns;
  return (
    <section className="why-card" data-testid="firewall" aria-labelledby={id}>
      <header className="why-card-head">
        <Icon of={Route} />
        <div className="why-card-words">
          <h2 className="why-card-title" id={id}>
            {words.firewall}
          </h2>
        </div>
      </header>
      <div className="why-table three" role="table" aria-labelledby={id}>
        <div className="why-table-head" role="rowgroup">
          <div className="why-row caps" role="row">
            <span role="columnheader">{rule}</span>
            <span role="columnheader">{place}</span>
            <span role="columnheader">{effect}</span>
          </div>
        </div>
        <div role="rowgroup">
          {steps.map((step, index) => (
            // A rule's name may come in two places.
            // oxlint-disable-next-line react/no-array-index-key
            <div className="why-row" role="row" data-decides={step.decides} key={index}>
              <span className="why-label mono" role="rowheader">
                <Icon of={step.decides ? ArrowRight : Minus} size="small" />
                <span className="why-value selectable">{step.rule}</span>
              </span>
              <span className="why-cell" role="cell" data-label={place}>
                <span className="why-value">{step.place}</span>
              </span>
              <span className="why-cell why-effect" role="cell" data-label={effect}>
                <span className="why-value">
                  {step.effect}
                  {step.decides && <span className="why-note">{words.decides}</span>}
                </span>
              </span>
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}

/** Other ways to qualify, each a list of what would be enough together. */
export function OtherWays({ ways }: { ways: readonly (readonly string[])[] }) {
  const id = useId();
  return (
    <section className="why-section" data-testid="other-ways" aria-labelledby={id}>
      <h2 className="caps" id={id}>
        {words.otherWays(ways.length)}
      </h2>
      <ul className="why-ways">
        {ways.map((way) => (
          <li className="why-way" key={way.join("\n")}>
            {way.length === 1 ? (
              <Phrase text={way[0] ?? ""} />
            ) : (
              <>
                <span className="quiet">{words.allOf}</span>
                <ul className="why-way-parts">
                  {way.map((part) => (
                    <li key={part}>
                      <Phrase text={part} />
                    </li>
                  ))}
                </ul>
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A requirement, its source in the letters of code. */
function Phrase({ text }: { text: string }) {
  return (
    <span className="selectable">
      <Phrases text={text} names={[]} />
    </span>
  );
}
