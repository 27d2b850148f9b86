/** Parts of the form: a field with its label and what is wrong with it, a choice, a box to tick. */

import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { Checkbox, Label, Radio, RadioGroup } from "react-aria-components";

import { Icon } from "../../design/Icon";
import type { Draft } from "./draft";

/** Changes fields of the form. */
export type Fill = (change: Partial<Draft>) => void;

export function Field({
  label,
  htmlFor,
  fault,
  hint = null,
  children,
}: {
  label: string;
  htmlFor: string;
  fault: string | null;
  hint?: string | null;
  children: ReactNode;
}) {
  return (
    <div className="form-field">
      <label className="form-label" htmlFor={htmlFor}>{label}</label>
      {children}
      {fault !== null ? (
        <p className="field-fault" role="alert">
          {fault}
        </p>
      ) : (
        hint !== null && <p className="field-hint">{hint}</p>
      )}
    </div>
  );
}

/** One of a few, side by side. */
export function Segments<T extends string>({
  label,
  options,
  value,
  words,
  testId = "tunnel-form",
  onChange,
}: {
  label: string;
  options: readonly T[];
  value: T;
  words: Record<T, string>;
  testId?: string;
  onChange: (value: T) => void;
}) {
  return (
    <RadioGroup orientation="horizontal" value={value} onChange={(to) => onChange(to as T)}>
      <Label className="sr-only">{label}</Label>
      <div className="segments">
        {options.map((option) => (
          <Radio className="segment" key={option} value={option} data-testid={`${testId}-${option}`}>
            {words[option]}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

/** A box to tick, with what it means. */
export function Tick({
  title,
  says,
  value,
  testId,
  onChange,
}: {
  title: string;
  says?: string;
  value: boolean;
  testId?: string;
  onChange: (value: boolean) => void;
}) {
  return (
    <Checkbox className="form-tick" isSelected={value} onChange={onChange} {...(testId === undefined ? {} : { "data-testid": testId })}>
      <span className="checkbox-box">{value && <Icon of={Check} size="tiny" />}</span>
      <span className="form-tick-words">
        {title}
        {says !== undefined && <span className="quiet">{says}</span>}
      </span>
    </Checkbox>
  );
}
