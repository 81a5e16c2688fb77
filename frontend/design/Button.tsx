/** Buttons; an icon alone always bears a label, which is its tooltip, too. */
import type { ReactNode, Ref } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  ToggleButton as AriaToggleButton,
  type ToggleButtonProps as AriaToggleButtonProps,
  Tooltip,
  TooltipTrigger,
} from "react-aria-components";

import { Icon, type IconName } from "./Icon.tsx";

/** How a button looks: the one thing to do next, an ordinary deed, one in passing, or one that destroys. */
export type Variant = "primary" | "outline" | "plain" | "danger";

interface Look {
  readonly variant?: Variant;
  readonly size?: "medium" | "small";
  readonly icon?: IconName;
}

export interface ButtonProps extends Omit<AriaButtonProps, "className">, Look {
  readonly children?: ReactNode;
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with words. */
export function Button({
  variant = "outline",
  size = "medium",
  icon,
  children,
  className = "",
  ...rest
}: ButtonProps) {
  return (
    <AriaButton {...rest} className={`button ${className}`} data-variant={variant} data-size={size}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}

interface Labelled {
  readonly icon: IconName;
  /** What it does: spoken, and shown as the tooltip. */
  readonly label: string;
  /** Caps of the key that does the same, shown in the tooltip. */
  readonly keys?: readonly string[];
}

/** The words of a tooltip, with the key that does the same. */
function Hint({ label, keys = [] }: Pick<Labelled, "label" | "keys">) {
  return (
    <Tooltip className="tooltip" offset={6}>
      {label}
      {keys.length > 0 && <kbd>{keys.join(" ")}</kbd>}
    </Tooltip>
  );
}

export interface IconButtonProps extends Omit<AriaButtonProps, "children" | "className">, Look, Labelled {
  readonly icon: IconName;
  readonly className?: string;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with an icon alone. */
export function IconButton({
  icon,
  label,
  keys,
  variant = "plain",
  size,
  className = "",
  ...rest
}: IconButtonProps) {
  const look = { "data-variant": variant, "data-size": size ?? "medium", "data-icon-only": "" };
  return (
    <TooltipTrigger delay={500}>
      <AriaButton {...rest} {...look} aria-label={label} className={`button ${className}`}>
        <Icon name={icon} />
      </AriaButton>
      <Hint label={label} {...(keys ? { keys } : {})} />
    </TooltipTrigger>
  );
}

export interface ToggleIconButtonProps
  extends Omit<AriaToggleButtonProps, "children" | "className">, Labelled {
  readonly size?: "medium" | "small";
  readonly className?: string;
}

/** An icon button that stays pressed. */
export function ToggleIconButton({
  icon,
  label,
  keys,
  size = "medium",
  className = "",
  ...rest
}: ToggleIconButtonProps) {
  const look = { "data-variant": "plain", "data-size": size, "data-icon-only": "" };
  return (
    <TooltipTrigger delay={500}>
      <AriaToggleButton {...rest} {...look} aria-label={label} className={`button ${className}`}>
        <Icon name={icon} />
      </AriaToggleButton>
      <Hint label={label} {...(keys ? { keys } : {})} />
    </TooltipTrigger>
  );
}
