import { useId, useRef } from "react";
import { Button } from "react-aria-components";

import type { Question } from "../../contract/Question";
import type { SessionAnswer } from "../../contract/SessionAnswer";
import type { SessionInfo } from "../../contract/SessionInfo";
import { StateMark } from "../../design/StateMark";
import { TopicLink } from "../help/HelpLink";
import { Where } from "./Where";
import { stateWord, words } from "./words";

/**
 * The server's prompts. What is typed stays in the fields, goes to core once, and the fields are emptied
 * with it: it never becomes part of the page's state.
 */
export function SecondFactor({
  session,
  question,
  onAnswer,
  onCancel,
}: {
  session: SessionInfo;
  question: Extract<Question, { kind: "secondFactor" }>;
  onAnswer: (answer: SessionAnswer) => void;
  onCancel: () => void;
}) {
  const form = useRef<HTMLFormElement>(null);
  const id = useId();
  const send = () => {
    const fields = [...(form.current?.querySelectorAll("input") ?? [])];
    const answers = fields.map((field) => field.value);
    form.current?.reset();
    onAnswer({ kind: "secondFactor", answers });
  };
  return (
    <div className="page">
      <form
        ref={form}
        className="page-column"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <Where session={session}>
          <span className="chip info">
            <StateMark mark="ask" />
            {stateWord(session.state)}
          </span>
        </Where>
        <h1 className="page-title">{question.title === "" ? words.factorTitle(session.instance.name) : question.title}</h1>
        {question.instruction !== "" && <p className="page-advice selectable">{question.instruction}</p>}
        <div className="prompts">
          {question.prompts.map((prompt, index) => (
            // The server's prompts have no name but their place.
            // oxlint-disable-next-line react/no-array-index-key
            <div className="prompt" key={index}>
              <label htmlFor={`${id}-${index}`}>{prompt.text}</label>
              <input
                id={`${id}-${index}`}
                className="field"
                type={prompt.echo ? "text" : "password"}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                autoFocus={index === 0}
              />
            </div>
          ))}
        </div>
        <div className="page-actions">
          <Button type="submit" className="button primary">
            {words.factorSubmit}
          </Button>
          <Button className="button" onPress={onCancel}>
            {words.cancel}
          </Button>
          <TopicLink topic="factor" />
        </div>
      </form>
    </div>
  );
}
