import { useId, useState } from "react";
import { Button, Label, Radio, RadioGroup, Switch } from "react-aria-components";

import type { PublicAddress } from "../../contract/PublicAddress";
import { addressesOf, echoOf, type Typed } from "./address";
import { faultWord, words } from "./words";

const say = words.access;
const KINDS = ["auditOnly", "manual", "echo", "googleDns"] as const satisfies readonly PublicAddress["kind"][];

/** What Adit looks into so that it can explain who gets in. */
export function Access({
  preflight,
  address,
  onPreflight,
  onAddress,
}: {
  preflight: boolean;
  address: PublicAddress;
  onPreflight: (on: boolean) => void;
  onAddress: (address: PublicAddress) => void;
}) {
  // What is chosen and still has to be filled in is not in force yet.
  const [chosen, setChosen] = useState<PublicAddress["kind"] | null>(null);
  const shown = chosen ?? address.kind;
  const keep = (choice: PublicAddress) => {
    setChosen(null);
    onAddress(choice);
  };
  // What lets something be sent is to be agreed to, not only passed over with the arrow keys.
  const choose = (kind: PublicAddress["kind"]) => {
    if (kind === "auditOnly") {
      keep({ kind });
    } else {
      setChosen(kind === address.kind ? null : kind);
    }
  };
  return (
    <section>
      <h2 className="caps">{say.title}</h2>
      <div className="settings-card">
        <Switch className="setting" data-testid="setting-preflight" isSelected={preflight} onChange={onPreflight}>
          <span className="setting-words">
            {say.preflight}
            <span className="quiet">{say.preflightSays}</span>
          </span>
          <span className="switch-track" aria-hidden="true" />
        </Switch>
        <RadioGroup className="setting tall" value={shown} onChange={(kind) => choose(kind as PublicAddress["kind"])}>
          <div className="setting-words">
            <Label>{say.address}</Label>
            <span className="quiet">{say.addressSays}</span>
          </div>
          <div className="choices">
            {KINDS.map((kind) => (
              <div className="choice-with" key={kind}>
                <Radio className="choice" value={kind} data-testid={`setting-address-${kind}`}>
                  <span className="choice-mark" aria-hidden="true" />
                  <span className="setting-words">
                    {say.kinds[kind].title}
                    <span className="quiet">{say.kinds[kind].says}</span>
                  </span>
                </Radio>
                {kind === "manual" && shown === "manual" && (
                  <Fill
                    kind="manual"
                    start={address.kind === "manual" ? address.addresses.join("\n") : ""}
                    inForce={address}
                    read={addressesOf}
                    onKeep={keep}
                  />
                )}
                {kind === "echo" && shown === "echo" && (
                  <Fill kind="echo" start={address.kind === "echo" ? address.url : ""} inForce={address} read={echoOf} onKeep={keep} />
                )}
                {kind === "googleDns" && chosen === "googleDns" && (
                  <div className="choice-field">
                    <Below kind="googleDns" inForce={address} onSave={() => keep({ kind: "googleDns" })} />
                  </div>
                )}
              </div>
            ))}
          </div>
        </RadioGroup>
      </div>
    </section>
  );
}

/** The field that belongs to a choice, in force once it is saved. */
function Fill({
  kind,
  start,
  inForce,
  read,
  onKeep,
}: {
  kind: "manual" | "echo";
  start: string;
  inForce: PublicAddress;
  read: (text: string) => Typed;
  onKeep: (choice: PublicAddress) => void;
}) {
  const [text, setText] = useState(start);
  const [tried, setTried] = useState(false);
  const id = useId();
  const typed = read(text);
  const fault = tried && "fault" in typed ? faultWord(typed.fault, typed.at) : null;
  const isKept = "choice" in typed && JSON.stringify(typed.choice) === JSON.stringify(inForce);
  const about = `${id}-about`;
  const common = {
    id,
    className: "field mono",
    "data-testid": `setting-address-${kind}-field`,
    spellCheck: false,
    autoComplete: "off",
    value: text,
    "aria-label": say.kinds[kind].field,
    "aria-invalid": fault !== null,
    ...(fault === null ? {} : { "aria-describedby": about }),
    placeholder: say.kinds[kind].placeholder,
  };
  const save = () => {
    setTried(true);
    if ("choice" in typed) {
      onKeep(typed.choice);
    }
  };
  return (
    // Its arrow keys move in the text, not among the choices.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <form
      className="choice-field"
      onKeyDown={(event) => event.key.startsWith("Arrow") && event.stopPropagation()}
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      {kind === "manual" ? (
        <textarea {...common} rows={2} onChange={(event) => setText(event.target.value)} />
      ) : (
        <input {...common} onChange={(event) => setText(event.target.value)} />
      )}
      {fault !== null ? (
        <p className="field-fault" id={about} role="alert">
          {fault}
        </p>
      ) : null}
      {!isKept && <Below kind={kind} inForce={inForce} onSave={save} />}
    </form>
  );
}

/** What is in force until the choice is saved, and how to save it. */
function Below({ kind, inForce, onSave }: { kind: "manual" | "echo" | "googleDns"; inForce: PublicAddress; onSave: () => void }) {
  return (
    <div className="choice-below">
      <p className="quiet">{say.notYet(say.kinds[inForce.kind].title)}</p>
      <Button className="button" data-testid={`setting-address-${kind}-save`} onPress={onSave}>
        {say.save}
      </Button>
    </div>
  );
}
