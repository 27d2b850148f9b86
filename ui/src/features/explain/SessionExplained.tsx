import type { Failure } from "../../contract/Failure";
import type { SessionInfo } from "../../contract/SessionInfo";
import { remarkFailure } from "../../design/toast";
import { useBackend } from "../../platform/model";
import { type Act, ActionButtons, Failed } from "../session/Failed";
import { ExplainView } from "./ExplainView";
import { askFor, usualPort } from "./target";
import { useExplanation } from "./useExplanation";
import { words } from "./words";

/** The page of a session that was refused: why, as far as can be told. */
export function SessionExplained({ session, failure, act }: { session: SessionInfo; failure: Failure; act: Act }) {
  const backend = useBackend();
  const told = useExplanation({ kind: "session", id: session.id }, session.attempt);
  if (told.kind === "failed") {
    return <Failed session={session} failure={failure} act={act} remark={words.notExplained(told.failure.title)} />;
  }
  const explanation = told.kind === "told" ? told.explanation : null;
  // What the explanation knows to do comes first; what the failure offered stays.
  const actions = [...new Set([...(explanation?.actions ?? []), ...failure.actions])];
  return (
    <ExplainView
      target={explanation?.target ?? targetOf(session)}
      explanation={explanation}
      failure={failure}
      titleTestId="failure-title"
      buttons={<ActionButtons actions={actions} act={act} />}
      onAgain={() => {
        if (explanation !== null) {
          backend.call("explain_again", { id: explanation.id }).catch(remarkFailure);
        }
      }}
    />
  );
}

/** Where a session leads. */
function targetOf({ instance, protocol, desktop }: SessionInfo) {
  return askFor(instance, desktop?.port ?? usualPort(protocol === "rdp" ? "windows" : "linux")).target;
}
