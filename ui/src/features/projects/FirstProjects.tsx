import { useState } from "react";
import { Button } from "react-aria-components";

import { Brand } from "../../design/Brand";
import { Spinner } from "../../design/parts";
import { remarkFailure } from "../../design/toast";
import { type AppState, useAppState, useModel } from "../../platform/model";
import { MAIN_WINDOW } from "../window/tabs";
import { FEW } from "./choice";
import { ProjectPicker } from "./ProjectPicker";
import { words } from "./words";

/** What comes between the first sign-in and the window. */
export type First = "finding" | "choose" | "nothing";

/** What is to come, of a state after a sign-in that was seen here. Asked once, and only where there is something to choose. */
export function firstOf({ layout, inventory }: Pick<AppState, "layout" | "inventory">): First {
  if (layout.projectsAsked || inventory.leftOut > 0) {
    return "nothing";
  }
  if (inventory.projects > FEW) {
    return "choose";
  }
  return inventory.projectsFound ? "nothing" : "finding";
}

/** Whether a person signs in for the first time, in this window and while it is open: then `First` says what comes. */
export function useFirst(): { first: First; done: () => void } {
  const model = useModel();
  const signedIn = useAppState((state) => state.accounts.length > 0);
  const layout = useAppState((state) => state.layout);
  const inventory = useAppState((state) => state.inventory);
  const [came, setCame] = useState<"before" | "signedOut" | "now">(signedIn ? "before" : "signedOut");
  const asks = signedIn && came !== "before" && model.backend.label === MAIN_WINDOW;
  const first = asks ? firstOf({ layout, inventory }) : "nothing";
  // Decided while drawing, so that the window never shows for a moment what is about to go.
  const next = !signedIn ? "signedOut" : came === "signedOut" ? "now" : came === "now" && first === "nothing" ? "before" : came;
  if (next !== came) {
    // After "before", what is found later asks nothing more.
    setCame(next);
  }
  return { first, done: () => setCame("before") };
}

/** The screen after the first sign-in. */
export function FirstProjects({ first, onDone }: { first: Exclude<First, "nothing">; onDone: () => void }) {
  const model = useModel();
  if (first === "finding") {
    return (
      <main className="first-projects">
        <div className="first-projects-column finding" role="status">
          <Brand className="first-projects-mark" />
          <h1 className="signin-title">{words.finding}</h1>
          <p className="signin-lead">{words.findingHint}</p>
          <Spinner />
          <Button className="button plain" onPress={onDone}>
            {words.skip}
          </Button>
        </div>
      </main>
    );
  }
  const done = () => {
    model.changeLayout({ projectsAsked: true }).catch(remarkFailure);
    onDone();
  };
  return (
    <main className="first-projects" data-testid="first-projects">
      <div className="first-projects-column">
        <h1 className="page-title">{words.title}</h1>
        <p className="signin-lead">{words.lead}</p>
        <ProjectPicker onDone={done} />
      </div>
    </main>
  );
}
