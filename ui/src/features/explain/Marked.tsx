import { Check, CircleQuestionMark, X } from "lucide-react";

import type { Expression } from "../../contract/Expression";
import type { Truth } from "../../contract/Truth";
import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { segmentsOf } from "./expression";
import { TRUTH, words } from "./words";

/** The marks of what is met, not met and unknown: each a shape of its own. */
export const TRUTH_ICONS: Record<Truth, typeof Check> = { met: Check, notMet: X, unknown: CircleQuestionMark };
const ORDER: readonly Truth[] = ["notMet", "unknown", "met"];

/** An expression as it was written, each part marked by what it comes to. */
export function Marked({ expression }: { expression: Expression }) {
  const segments = segmentsOf(expression);
  const used = ORDER.filter((truth) => segments.some((segment) => segment.truth === truth));
  return (
    <figure className="why-expression" aria-label={words.expression}>
      <pre className="why-source mono selectable">
        <code>
          {segments.map(({ text, truth }, index) =>
            truth === null ? (
              text
            ) : (
              // Stretches of one text have no name but their place.
              // oxlint-disable-next-line react/no-array-index-key
              <mark className="why-part" data-truth={truth} key={index}>
                <Icon of={TRUTH_ICONS[truth]} size="tiny" />
                <span className="sr-only">{`(${TRUTH[truth]}) `}</span>
                {text}
              </mark>
            ),
          )}
        </code>
      </pre>
      <CopyButton text={expression.source} label={words.copyExpression} />
      {used.length > 0 && (
        <figcaption className="why-legend" aria-hidden="true">
          {used.map((truth) => (
            <span className="why-legend-item" data-truth={truth} key={truth}>
              <Icon of={TRUTH_ICONS[truth]} size="tiny" />
              {TRUTH[truth]}
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}
