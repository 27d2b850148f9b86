import { ArrowBigUpDash } from "lucide-react";

import { Icon } from "../../design/Icon";
import { useAppState, useModel } from "../../platform/model";
import { deskOf } from "../window/desk";
import { shownOf, words } from "./words";
import "./updates.css";

/** In the line below: that there is a newer version, for as long as there is. */
export function UpdateStatus() {
  const desk = deskOf(useModel());
  const info = useAppState((state) => state.update);
  const { release, step } = info;
  const shown = shownOf(info);
  if (release === null || shown === "elsewhere") {
    return null;
  }
  const label = {
    checking: words.statusOffered,
    newest: words.statusOffered,
    failed: words.statusOffered,
    offered: words.statusOffered,
    downloading: words.downloading,
    ready: words.statusReady,
    installing: words.installing,
  }[shown](release.version);
  return (
    <button type="button" className="status-item update-status" data-testid="status-update" title={words.statusHint} onClick={() => desk.change({ updates: true })}>
      <Icon of={ArrowBigUpDash} size="tiny" />
      <span className="ellipsis">{label}</span>
      {step.kind === "downloading" && <span className="tabular">{words.percent(step.received, step.size)}</span>}
    </button>
  );
}
