import type { FailureCode } from "../../contract/FailureCode";
import { useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { dialogAt } from "../window/dialog";
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
      // A tab behind a dialog would not be seen.
      onClick={({ currentTarget }) => desk.openHelp(topic, dialogAt(currentTarget) === null ? "tab" : "over")}
    >
      {words.help}
    </button>
  );
}
