/** Chips: filters that are on or off. */
import type { ReactNode } from "react";
import { Button, ToggleButton } from "react-aria-components";

import { Icon, type IconName } from "./Icon.tsx";

export interface ChipProps {
  readonly children: ReactNode;
  readonly icon?: IconName;
  readonly isSelected: boolean;
  readonly onChange: (isSelected: boolean) => void;
  readonly label?: string;
}

/** One filter; pressed is on. */
export function Chip({ children, icon, isSelected, onChange, label }: ChipProps) {
  const named = label === undefined ? {} : { "aria-label": label };
  return (
    <ToggleButton className="chip" isSelected={isSelected} onChange={onChange} {...named}>
      {icon && <Icon name={icon} />}
      {children}
    </ToggleButton>
  );
}

export interface MenuChipProps {
  readonly children: ReactNode;
  readonly icon?: IconName;
  /** Whether the filter behind it restricts anything. */
  readonly isOn: boolean;
}

/** A filter that opens a menu; the trigger of a `Menu`. */
export function MenuChip({ children, icon, isOn }: MenuChipProps) {
  return (
    <Button className="chip" {...(isOn ? { "data-on": "" } : {})}>
      {icon && <Icon name={icon} />}
      {children}
      <Icon name="down" />
    </Button>
  );
}
