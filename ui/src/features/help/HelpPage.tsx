import { useEffect, useId, useRef } from "react";

import { useModel } from "../../platform/model";
import { deskOf, useDesk } from "../window/desk";
import type { Topic } from "./topic";
import { CHAPTERS, FIRST_TOPIC, type TopicId, TOPICS } from "./topics";
import { words } from "./words";
import "./help.css";

/** The help as a page of the window. */
export function HelpPage() {
  const desk = deskOf(useModel());
  const at = useDesk(desk, (state) => state.helpAt) ?? FIRST_TOPIC;
  return (
    <div className="panel">
      <Help at={at} onGo={(helpAt) => desk.change({ helpAt })} />
    </div>
  );
}

/** The help: its topics, and the one that was asked for. */
export function Help({ at, onGo }: { at: TopicId; onGo: (to: TopicId) => void }) {
  const id = useId();
  const title = useRef<HTMLHeadingElement>(null);
  const shown = useRef<TopicId | null>(null);
  useEffect(() => {
    // What led here stays behind: the keyboard goes to the topic, which is read out.
    if (shown.current !== at) {
      shown.current = at;
      title.current?.focus();
      title.current?.scrollIntoView({ block: "nearest" });
    }
  }, [at]);
  const { title: name, means, check, ask }: Topic = TOPICS[at];
  return (
    <div className="help" data-testid="help-page" data-topic={at}>
      <nav className="help-topics" aria-label={words.topics}>
        {CHAPTERS.map(({ id, topics }) => (
          <section key={id} aria-label={words.chapters[id]}>
            <h2 className="caps">{words.chapters[id]}</h2>
            <ul>
              {topics.map((topic) => (
                <li key={topic}>
                  <button
                    type="button"
                    className="help-topic"
                    aria-current={topic === at ? "page" : undefined}
                    data-testid={`help-${topic}`}
                    onClick={() => onGo(topic)}
                  >
                    {TOPICS[topic].title}
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ))}
      </nav>
      {/* It may be long, and is scrolled by the keyboard too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <article className="help-article selectable" tabIndex={0} aria-labelledby={id}>
        <h1 className="page-title" id={id} ref={title} tabIndex={-1}>
          {name}
        </h1>
        {means.map((paragraph) => (
          <p className="help-means" key={paragraph}>
            {paragraph}
          </p>
        ))}
        <h2 className="caps">{words.check}</h2>
        <ul className="help-check">
          {check.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        {ask !== "" && (
          <>
            <h2 className="caps">{words.ask}</h2>
            <p>{ask}</p>
          </>
        )}
      </article>
    </div>
  );
}
