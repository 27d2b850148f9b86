import { useEffect } from "react";
import { Button } from "react-aria-components";

import type { Failure } from "../../contract/Failure";
import type { Theme } from "../../contract/Theme";
import { Brand } from "../../design/Brand";
import { Toasts } from "../../design/toast";
import { type Model, ModelContext, useAppState, useModel, useOpening } from "../../platform/model";
import { DiagnosticsDialog } from "../diagnostics/DiagnosticsDialog";
import { HelpDialog } from "../help/HelpDialog";
import { HelpLink } from "../help/HelpLink";
import { FirstProjects, useFirst } from "../projects/FirstProjects";
import { SignIn } from "../signin/SignIn";
import { UpdateDialog } from "../updates/UpdateDialog";
import { deskOf } from "./desk";
import { chooseKeys } from "./keys";
import { MainWindow } from "./MainWindow";
import { Trouble } from "./Trouble";
import { useCommandKeys } from "./useCommandKeys";
import { Wants } from "./Wants";
import { words } from "./words";

export function App({ model }: { model: Model }) {
  return (
    <ModelContext value={model}>
      <Opening />
      <Toasts Help={HelpLink} />
      <HelpDialog />
    </ModelContext>
  );
}

function Opening() {
  const opening = useOpening();
  switch (opening.kind) {
    case "loading":
      return <div className="opening" role="status" aria-label={words.brand} />;
    case "failed":
      return <OpeningFailed failure={opening.failure} />;
    case "ready":
      return <Ready />;
  }
}

function Ready() {
  const theme = useAppState((state) => state.settings.theme);
  const signedIn = useAppState((state) => state.accounts.length > 0);
  const keys = useAppState((state) => state.keys);
  // Before whatever is drawn below asks for them.
  chooseKeys(keys);
  useTheme(theme);
  const { first, done } = useFirst();
  useCommandKeys(signedIn && first === "nothing" ? "there" : "absent");
  return (
    <div className="ready">
      <Trouble />
      {!signedIn ? <SignIn /> : first === "nothing" ? <MainWindow /> : <FirstProjects first={first} onDone={done} />}
      <DiagnosticsDialog />
      <UpdateDialog />
      <Wants />
    </div>
  );
}

/** Puts the chosen colours on the root; without a choice the system's. */
function useTheme(theme: Theme): void {
  useEffect(() => {
    const root = document.documentElement;
    if (theme === "system") {
      delete root.dataset["theme"];
    } else {
      root.dataset["theme"] = theme;
    }
  }, [theme]);
}

function OpeningFailed({ failure }: { failure: Failure }) {
  const model = useModel();
  return (
    <main className="opening-failed" role="alert">
      <Brand className="signin-mark" />
      <h1 className="page-title" data-testid="failure-title">
        {words.openingFailed}
      </h1>
      <p className="page-advice selectable">
        {[failure.title, failure.advice].filter((part) => part !== "").join(". ")} <HelpLink code={failure.code} />
      </p>
      {failure.server !== null && <p className="mono selectable">{failure.server.text}</p>}
      <Button className="button primary large" onPress={() => void deskOf(model).model.open()}>
        {words.again}
      </Button>
    </main>
  );
}
