/** Buttons of the viewer: the design system's look with the viewer's drawings and keys. */
import type { ReactNode } from "react";
import { Button, ToggleButton, Tooltip, TooltipTrigger } from "react-aria-components";

import { keyCaps } from "../app/keys.ts";
import { keysOf } from "../app/shortcuts.ts";
import { Drawing } from "./icons.tsx";

interface ControlProps {
  /** Drawing of `icons.tsx`. */
  readonly icon: string;
  readonly label: string;
  /** The deed whose key is told in the tooltip. */
  readonly deed?: string;
  readonly onPress: () => void;
  readonly isDisabled?: boolean;
  readonly className?: string;
  /** Words beside the drawing. */
  readonly children?: ReactNode;
}

function Hint({ label, deed }: Pick<ControlProps, "label" | "deed">) {
  const chord = deed ? keysOf(deed)[0] : undefined;
  return (
    <Tooltip className="tooltip" offset={6}>
      {label}
      {chord && <kbd>{keyCaps(chord).join(" ")}</kbd>}
    </Tooltip>
  );
}

/** A button with a drawing, and words where there are any. */
export function Control({ icon, label, deed, onPress, isDisabled = false, className = "", children }: ControlProps) {
  const look = children === undefined ? { "data-icon-only": "" } : {};
  return (
    <TooltipTrigger delay={500}>
      <Button
        {...look}
        aria-label={label}
        className={`button ${className}`}
        data-variant="plain"
        data-size="small"
        isDisabled={isDisabled}
        onPress={onPress}
      >
        <Drawing name={icon} />
        {children}
      </Button>
      <Hint label={label} {...(deed ? { deed } : {})} />
    </TooltipTrigger>
  );
}

/** A button that stays down. */
export function Toggle({ isOn, ...props }: ControlProps & { readonly isOn: boolean }) {
  const { icon, label, deed, onPress, isDisabled = false, className = "" } = props;
  return (
    <TooltipTrigger delay={500}>
      <ToggleButton
        data-icon-only=""
        aria-label={label}
        className={`button ${className}`}
        data-variant="plain"
        data-size="small"
        isDisabled={isDisabled}
        isSelected={isOn}
        onChange={onPress}
      >
        <Drawing name={icon} />
      </ToggleButton>
      <Hint label={label} {...(deed ? { deed } : {})} />
    </TooltipTrigger>
  );
}
