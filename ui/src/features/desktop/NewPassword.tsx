import { TriangleAlert } from "lucide-react";
import { useId, useRef, useState } from "react";
import { Button } from "react-aria-components";

import { Icon } from "../../design/Icon";
import { Spinner } from "../../design/parts";
import { Tick } from "../tunnels/fields";
import { nameFault, withoutDomain } from "./userName";
import { nameFaultWord, passwordWords as words } from "./words";

export interface PasswordWish {
  user: string;
  administrator: boolean;
  remember: boolean;
}

/** For whom a Windows password is to be set, and what comes of it. */
export function NewPassword({
  vm,
  user,
  canRemember,
  submit,
  back,
  busy,
  onBack,
  onSubmit,
}: {
  vm: string;
  /** The name to begin with. */
  user: string;
  canRemember: boolean;
  submit: string;
  back: string;
  busy: boolean;
  onBack: () => void;
  onSubmit: (wish: PasswordWish) => void;
}) {
  const [name, setName] = useState(withoutDomain(user));
  const [administrator, setAdministrator] = useState(true);
  const [remember, setRemember] = useState(false);
  const [tried, setTried] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const id = useId();
  const fault = nameFault(name.trim(), vm);
  const shown = tried ? fault : null;
  return (
    <form
      data-testid="new-password-form"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (fault !== null) {
          field.current?.focus();
        } else if (!busy) {
          onSubmit({ user: name.trim(), administrator, remember });
        }
      }}
    >
      <div className="prompts">
        <div className="prompt">
          <label htmlFor={id}>{words.user}</label>
          <input
            ref={field}
            id={id}
            className="field"
            data-testid="new-password-user"
            autoFocus
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            maxLength={64}
            value={name}
            aria-invalid={shown !== null}
            aria-describedby={`${id}-hint`}
            onChange={(event) => setName(event.target.value)}
          />
          <p className={shown === null ? "field-hint" : "field-fault"} id={`${id}-hint`} role={shown === null ? undefined : "alert"}>
            {shown === null ? words.userHint : nameFaultWord(shown)}
          </p>
        </div>
        <Tick title={words.administrator} says={words.administratorSays} value={administrator} onChange={setAdministrator} />
        {canRemember && <Tick title={words.remember} value={remember} onChange={setRemember} />}
      </div>
      <div className="caution">
        <Icon of={TriangleAlert} size="small" />
        <ul className="caution-list">
          <li>{words.warnExisting}</li>
          <li>{words.warnDomain}</li>
        </ul>
      </div>
      <div className="page-actions">
        <Button type="submit" className="button primary" data-testid="new-password-submit" isDisabled={busy}>
          {busy && <Spinner />}
          {busy ? words.busy : submit}
        </Button>
        <Button className="button" onPress={onBack}>
          {back}
        </Button>
      </div>
    </form>
  );
}
