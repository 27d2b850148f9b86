import { useEffect } from "react";

import { useAppState, useModel } from "../../platform/model";
import { type TopicId, TOPICS } from "../help/topics";
import { deskOf } from "./desk";
import { dialogAt } from "./dialog";
import { commandFor, type WindowCommand } from "./keys";

/** What can be done wherever the keyboard is, a dialog and a window without tabs included. */
const ANYWHERE: ReadonlySet<WindowCommand> = new Set(["help", "remarks"]);

/** Runs the commands of keys. Where `tabs` are absent there is little that can be run. */
export function useCommandKeys(tabs: "there" | "absent"): void {
  const desk = deskOf(useModel());
  const platform = useAppState((state) => state.platform);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      const focus = target?.closest("[data-desktop]") ? "desktop" : target?.closest("[data-terminal]") ? "terminal" : "app";
      const command = commandFor(event, platform, focus);
      // A list that has a use of its own for the key has taken it.
      if (command === null || (command === "rename" && event.defaultPrevented)) {
        return;
      }
      const dialog = dialogAt(target);
      // A dialog has the keyboard to itself, also while a message beside it has it; the palette's own keys still close it.
      const isOver = (dialog !== null || (target?.closest("[role=menu]") ?? null) !== null) && desk.state.overlay === "none";
      if ((isOver || tabs === "absent") && !ANYWHERE.has(command)) {
        return;
      }
      event.preventDefault();
      event.stopPropagation();
      if (command === "help" && desk.state.helpOver !== null) {
        return;
      }
      if (command === "help" && isOver) {
        desk.openHelp(topicOf(dialog), "over");
      } else {
        desk.run(command);
      }
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [desk, platform, tabs]);
}

/** What the dialog itself leads to in the help. */
function topicOf(dialog: Element | null): TopicId | null {
  const topic = dialog?.querySelector<HTMLElement>("[data-testid=help][data-topic]")?.dataset["topic"];
  return topic !== undefined && topic in TOPICS ? (topic as TopicId) : null;
}
