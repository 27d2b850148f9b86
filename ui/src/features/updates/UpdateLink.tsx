import { useAppState, useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { shownOf, words } from "./words";

/** The way to updates where there is no line below and nobody is signed in. Nothing in a build that asks nobody. */
export function UpdateLink() {
  const desk = deskOf(useModel());
  const info = useAppState((state) => state.update);
  const shown = shownOf(info);
  if (shown === "elsewhere") {
    return null;
  }
  const asks = shown === "newest" || shown === "failed";
  const label = info.release === null ? words.check : words.statusOffered(info.release.version);
  return (
    <button type="button" className="link" data-testid="signin-updates" onClick={() => (asks ? desk.checkForUpdates() : desk.change({ updates: true }))}>
      {label}
    </button>
  );
}
