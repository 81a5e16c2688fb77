/** Fields of forms: label above, note or error below, each tied to its field for screen readers. */
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  Checkbox as AriaCheckbox,
  type CheckboxProps as AriaCheckboxProps,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup,
  Select as AriaSelect,
  SelectValue,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";

import { Icon } from "./Icon.tsx";

export interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "children"> {
  readonly label: string;
  readonly note?: string;
  readonly error?: string;
  readonly placeholder?: string;
  /** Lines shown; more than one makes it a text area. */
  readonly lines?: number;
}

/** One line of text, or several. */
export function TextField({ label, note, error, placeholder, lines = 1, ...rest }: TextFieldProps) {
  const hint = placeholder === undefined ? {} : { placeholder };
  return (
    <AriaTextField {...rest} className="field">
      <Label className="field-label">{label}</Label>
      {lines > 1 ? (
        <TextArea className="input" rows={lines} {...hint} />
      ) : (
        <Input className="input" {...hint} />
      )}
      {note && (
        <Text slot="description" className="field-note">
          {note}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </AriaTextField>
  );
}

/** One of the things to choose from. */
export interface Choice<Id extends string = string> {
  readonly id: Id;
  readonly label: string;
  readonly note?: string;
  readonly icon?: ReactNode;
}

interface ChoiceProps<Id extends string> {
  readonly label: string;
  readonly choices: readonly Choice<Id>[];
  readonly value: Id | null;
  readonly onChange: (value: Id) => void;
  readonly isDisabled?: boolean;
}

export interface SelectProps<Id extends string> extends ChoiceProps<Id> {
  /** The label is spoken only; the place says what is chosen here. */
  readonly hideLabel?: boolean;
  readonly size?: "medium" | "small";
}

/** A choice of one from a list that opens. */
export function Select<Id extends string>({
  label,
  choices,
  value,
  onChange,
  hideLabel,
  size,
  isDisabled,
}: SelectProps<Id>) {
  return (
    <AriaSelect
      className="field"
      value={value}
      onChange={(key) => onChange(key as Id)}
      isDisabled={isDisabled ?? false}
      {...(hideLabel ? { "aria-label": label } : {})}
    >
      {!hideLabel && <Label className="field-label">{label}</Label>}
      <AriaButton className="button select-button" data-size={size ?? "medium"}>
        <SelectValue />
        <Icon name="down" />
      </AriaButton>
      <Popover className="popover">
        <ListBox className="menu" items={[...choices] as Choice[]}>
          {(choice) => <ChoiceItem choice={choice} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

function ChoiceItem({ choice }: { readonly choice: Choice }) {
  return (
    <ListBoxItem className="menu-item" id={choice.id} textValue={choice.label}>
      {choice.icon}
      <span className="menu-text">
        <Text slot="label">{choice.label}</Text>
        {choice.note && (
          <Text slot="description" className="menu-note">
            {choice.note}
          </Text>
        )}
      </span>
    </ListBoxItem>
  );
}

/** A choice of one from a few that all show. */
export function RadioCards<Id extends string>({ label, choices, value, onChange }: ChoiceProps<Id>) {
  return (
    <RadioGroup className="field" value={value} onChange={(id) => onChange(id as Id)}>
      <Label className="field-label">{label}</Label>
      <div className="radio-group">
        {choices.map((choice) => (
          <Radio key={choice.id} value={choice.id} className="radio-card">
            <span className="radio-dot" aria-hidden="true" />
            <span className="menu-text">
              {choice.label}
              {choice.note && <span className="menu-note">{choice.note}</span>}
            </span>
            {choice.icon}
          </Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

export interface CheckboxProps extends Omit<AriaCheckboxProps, "className" | "children"> {
  readonly children?: ReactNode;
}

/** A box to tick. */
export function Checkbox({ children, ...rest }: CheckboxProps) {
  return (
    <AriaCheckbox {...rest} className="checkbox">
      {({ isIndeterminate }) => (
        <>
          <span className="checkbox-box" aria-hidden="true">
            <Icon name={isIndeterminate ? "minus" : "check"} />
          </span>
          {children}
        </>
      )}
    </AriaCheckbox>
  );
}
