import { Check, ChevronDown } from "lucide-react";
import { Button, Label, ListBox, ListBoxItem, Popover, Select, SelectValue } from "react-aria-components";

import { Icon } from "../../design/Icon";

/** One of several, from a list. */
export interface Option {
  id: string;
  label: string;
}

export function SelectField({
  label,
  options,
  value,
  testId,
  onChange,
}: {
  label: string;
  options: readonly Option[];
  value: string;
  testId: string;
  onChange: (id: string) => void;
}) {
  return (
    <Select className="form-field" selectedKey={value} onSelectionChange={(key) => onChange(String(key))} data-testid={testId}>
      <Label className="form-label">{label}</Label>
      <Button className="field form-select">
        <SelectValue className="ellipsis">{options.find(({ id }) => id === value)?.label}</SelectValue>
        <Icon of={ChevronDown} size="small" />
      </Button>
      <Popover className="menu-popover form-choices profile-choices" placement="bottom start">
        <ListBox className="menu" items={options}>
          {({ id, label: text }) => (
            <ListBoxItem className="menu-item" id={id} textValue={text}>
              {({ isSelected }) => (
                <>
                  <span className="ellipsis">{text}</span>
                  {isSelected && (
                    <span className="menu-detail">
                      <Icon of={Check} size="small" />
                    </span>
                  )}
                </>
              )}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
