import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";

import { Icon } from "../../design/Icon";
import type { DraftField } from "../tunnels/draft";
import { Field, type Fill as FillForward, Segments, Tick } from "../tunnels/fields";
import { FormMore, summaryOf } from "../tunnels/FormMore";
import { HostFields } from "../tunnels/HostFields";
import { LocalField } from "../tunnels/LocalField";
import { PortField } from "../tunnels/PortField";
import { ProtocolField } from "../tunnels/ProtocolField";
import { VmField } from "../tunnels/VmField";
import { usualProtocol } from "../window/desk";
import { AccountField } from "./AccountField";
import { type Draft, type Field as FieldName, forwardFields, NAME_MOST, suggestedName, targetKind, tunnelTarget } from "./draft";
import { FolderField } from "./FolderField";
import { SearchField } from "./SearchField";
import { words } from "./words";

const say = words.form;
const ACTIONS = ["ssh", "rdp", "forward"] as const;
const VMS = ["instance", "search"] as const;
const ALL = [...VMS, "host"] as const;

/** Changes fields of the form. */
export type Fill = (change: Partial<Draft>) => void;

/** What a profile opens and where, its name, its folder, and when it starts. */
export function ConnectionFields({
  draft,
  fill,
  faultOf,
  folders,
  more,
  onMore,
  begun,
}: {
  draft: Draft;
  fill: Fill;
  faultOf: (field: FieldName) => string | null;
  folders: readonly (readonly string[])[];
  /** Whether what most forwards leave as it is is in sight. */
  more: boolean;
  onMore: (more: boolean) => void;
  /** Whether the form began with nothing in it: then the VM's system suggests what is opened. */
  begun: "empty" | "filled";
}) {
  const id = useId();
  // What a person has chosen is not changed again by the VM.
  const [suggests, setSuggests] = useState(begun === "empty");
  const forward = forwardFields(draft);
  const fillForward: FillForward = (change) => fill({ forward: { ...draft.forward, ...change } });
  const forwardFault = (field: DraftField) => faultOf(field);
  const kind = targetKind(draft);
  return (
    <div className="form-fields">
      <div className="form-field">
        <span className="form-label">{say.action}</span>
        <Segments
          label={say.action}
          options={ACTIONS}
          value={draft.action}
          words={words.actions}
          testId="profile-form"
          onChange={(action) => {
            setSuggests(false);
            fill({ action });
          }}
        />
      </div>
      <div className="form-field">
        <span className="form-label">{say.target}</span>
        <Segments
          label={say.target}
          options={draft.action === "forward" ? ALL : VMS}
          value={kind}
          words={say.targets}
          testId="profile-form-to"
          onChange={(target) => fill({ target })}
        />
      </div>
      {kind === "instance" && (
        <VmField
          instance={draft.forward.instance}
          fault={faultOf("instance")}
          onChange={(instance, os) => {
            fillForward({ instance });
            if (suggests && instance !== null) {
              fill({ action: usualProtocol(os) });
            }
          }}
        />
      )}
      {kind === "search" && <SearchField value={draft.search} fault={faultOf("search")} onChange={(search) => fill({ search })} />}
      {kind === "host" && <HostFields draft={forward} fill={fillForward} faultOf={forwardFault} />}
      {draft.action === "forward" && (
        <>
          <PortField
            value={draft.forward.port}
            machine={null}
            fault={faultOf("port")}
            onChange={(port) => fillForward({ port })}
          />
          <div className="form-row">
            <ProtocolField draft={forward} fill={fillForward} />
            <LocalField draft={forward} target={tunnelTarget(draft)} fill={fillForward} fault={faultOf("localPort")} />
          </div>
          <button
            type="button"
            className="form-fold"
            aria-expanded={more}
            aria-controls={`${id}-more`}
            data-testid="profile-form-more"
            onClick={() => onMore(!more)}
          >
            <span className="row-chevron" data-open={more}>
              <Icon of={ChevronRight} size="tiny" />
            </span>
            {say.more}
            {!more && <span className="form-summary ellipsis">{summaryOf(forward).join(" · ")}</span>}
          </button>
          {more && (
            <div id={`${id}-more`} className="form-more">
              <FormMore draft={forward} fill={fillForward} faultOf={forwardFault} naming="elsewhere" />
            </div>
          )}
        </>
      )}
      <hr className="form-rule" />
      <div className="form-row">
        <Field label={say.name} htmlFor={`${id}-name`} fault={faultOf("profileName")}>
          <input
            id={`${id}-name`}
            className="field"
            data-testid="profile-form-name"
            maxLength={NAME_MOST}
            autoFocus={begun === "filled"}
            placeholder={suggestedName(draft)}
            aria-invalid={faultOf("profileName") !== null}
            value={draft.name}
            onFocus={(event) => event.target.select()}
            onChange={(event) => fill({ name: event.target.value })}
          />
        </Field>
        <FolderField draft={draft} folders={folders} fill={fill} fault={faultOf("newFolder")} />
      </div>
      <div className="form-row">
        <AccountField value={draft.account} onChange={(account) => fill({ account })} />
        <div className="form-field profile-form-login">
          <Tick
            title={say.atLogin}
            says={say.atLoginSays}
            testId="profile-form-login"
            value={draft.start === "atLogin"}
            onChange={(on) => fill({ start: on ? "atLogin" : "byHand" })}
          />
        </div>
      </div>
    </div>
  );
}
