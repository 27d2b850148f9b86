import type { FailureCode } from "../../contract/FailureCode";
import { useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { type TopicId, topicOf, TOPICS } from "./topics";
import { words } from "./words";

/** A quiet way to what the help says about a failure; nothing where it says nothing. */
export function HelpLink({ code }: { code: FailureCode }) {
  const topic = topicOf(code);
  return topic === null ? null : <TopicLink topic={topic} />;
}

/** A quiet way to a topic of the help. */
export function TopicLink({ topic }: { topic: TopicId }) {
  const desk = deskOf(useModel());
  return (
    <button
      type="button"
      className="link"
      data-testid="help"
      data-topic={topic}
      aria-label={words.helpOn(TOPICS[topic].title)}
      onClick={({ currentTarget }) => desk.openHelp(topic, isInDialog(currentTarget) ? "over" : "tab")}
    >
      {words.help}
    </button>
  );
}

/** Whether something lies over the window there: a tab behind it would not be seen. */
export function isInDialog(target: Element | null): boolean {
  return (target?.closest("[role=dialog], [role=alertdialog]") ?? null) !== null;
}
