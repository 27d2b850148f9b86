import { TriangleAlert, X } from "lucide-react";

import { Icon } from "../../design/Icon";
import { CopyButton } from "../../design/parts";
import { useAppState, useModel } from "../../platform/model";
import { HelpLink } from "../help/HelpLink";
import { words } from "./words";

/** What went wrong while Adit started, until it has been read. */
export function Trouble() {
  const model = useModel();
  const trouble = useAppState((state) => state.trouble);
  if (trouble === undefined || trouble === null) {
    return null;
  }
  const { code, title, advice, facts, server } = trouble;
  const said = [server?.code ?? "", server?.text ?? ""].filter((part) => part !== "").join("  ");
  const details = [...facts.map(({ label, value }) => `${label}: ${value}`), said].filter((part) => part !== "").join("\n");
  return (
    <div className="trouble" role="alert" data-testid="trouble">
      <Icon of={TriangleAlert} size="small" />
      <p className="trouble-text selectable">
        <strong>{title}.</strong> <span className="quiet">{advice}</span> <HelpLink code={code} />
        {details !== "" && <span className="trouble-details mono">{details}</span>}
      </p>
      {details !== "" && <CopyButton text={`${title}\n${details}`} label={words.troubleCopy} />}
      <button
        type="button"
        className="icon-button small"
        aria-label={words.dismiss}
        title={words.dismiss}
        onClick={() => model.dismissTrouble()}
      >
        <Icon of={X} size="small" />
      </button>
    </div>
  );
}
