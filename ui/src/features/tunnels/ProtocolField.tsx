import { Check, ChevronDown } from "lucide-react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

import { Icon } from "../../design/Icon";
import { type Draft, portOf } from "./draft";
import type { Fill } from "./fields";
import { usualProtocol } from "./target";
import { PROTOCOLS, words } from "./words";

const say = words.form;
const CHOICES = Object.keys(PROTOCOLS) as (keyof typeof PROTOCOLS)[];

/** What is spoken: as the port suggests, or as the person says. */
export function ProtocolField({ draft, fill }: { draft: Draft; fill: Fill }) {
  const usual = usualProtocol(portOf(draft.port) ?? 0);
  return (
    <Select
      className="form-field"
      selectedKey={draft.protocol}
      onSelectionChange={(key) => fill({ protocol: key as Draft["protocol"] })}
      data-testid="tunnel-form-protocol"
    >
      <Label className="form-label">{say.protocol}</Label>
      <Button className="field form-select">
        <SelectValue className="ellipsis">
          {draft.protocol === "usual" ? say.protocolUsual(usual) : PROTOCOLS[draft.protocol]}
        </SelectValue>
        <Icon of={ChevronDown} size="small" />
      </Button>
      <Popover className="menu-popover form-choices" placement="bottom start">
        <ListBox className="menu">
          <Choice id="usual" label={say.protocolUsual(usual)} />
          {CHOICES.map((protocol) => (
            <Choice key={protocol} id={protocol} label={PROTOCOLS[protocol]} />
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}

function Choice({ id, label }: { id: string; label: string }) {
  return (
    <ListBoxItem className="menu-item" id={id} textValue={label}>
      {({ isSelected }) => (
        <>
          {label}
          {isSelected && (
            <span className="menu-detail">
              <Icon of={Check} size="small" />
            </span>
          )}
        </>
      )}
    </ListBoxItem>
  );
}
