import { useCallback, useEffect, useState } from "react";

import type { ExplainAsk } from "../../contract/ExplainAsk";
import type { Explanation } from "../../contract/Explanation";
import type { Failure } from "../../contract/Failure";
import { remarkFailure } from "../../design/toast";
import { asFailure } from "../../platform/ipc";
import { useAppState, useModel } from "../../platform/model";
import { keyOf } from "./target";

/** What is known of an explanation that was asked for. */
export type Told =
  | { kind: "asking" }
  | { kind: "told"; explanation: Explanation }
  | { kind: "failed"; failure: Failure };

type Opened = { question: string } & ({ id: string } | { failure: Failure });

/**
 * Asks for an explanation while the component is on the screen, and follows it. It is asked anew with each `nth`,
 * which counts what is to be explained: a session's attempts.
 */
export function useExplanation(ask: ExplainAsk, nth = 0): Told {
  const model = useModel();
  const question = `${keyOf(ask)} ${nth}`;
  const [opened, setOpened] = useState<Opened | null>(null);
  useEffect(() => {
    let left = false;
    let shown: string | null = null;
    const leave = (id: string) => {
      model.leaveExplanation(id).catch(remarkFailure);
    };
    model.explain(ask).then(
      (id) => {
        if (left) {
          leave(id);
        } else {
          shown = id;
          setOpened({ question, id });
        }
        return undefined;
      },
      (error: unknown) => {
        if (!left) {
          setOpened({ question, failure: asFailure(error) });
        }
      },
    );
    return () => {
      left = true;
      if (shown !== null) {
        leave(shown);
      }
    };
    // The question stands for what is asked.
    // oxlint-disable-next-line react/exhaustive-deps
  }, [model, question]);
  const current = opened?.question === question ? opened : null;
  const id = current !== null && "id" in current ? current.id : null;
  const explanation = useAppState(useCallback((state) => (id === null ? undefined : state.explanations.get(id)), [id]));
  if (current !== null && "failure" in current) {
    return { kind: "failed", failure: current.failure };
  }
  return explanation === undefined ? { kind: "asking" } : { kind: "told", explanation };
}
