/** Menus: a button that opens a list of deeds or of settings with ticks. */
import type { ReactElement, ReactNode } from "react";
import {
  Header,
  Menu as AriaMenu,
  MenuItem as AriaMenuItem,
  MenuSection as AriaMenuSection,
  type MenuSectionProps as AriaMenuSectionProps,
  MenuTrigger,
  Popover,
  type Selection,
  Separator,
} from "react-aria-components";

import { Icon, type IconName } from "./Icon.tsx";

export interface MenuProps {
  /** What opens it: one of our buttons. */
  readonly trigger: ReactElement;
  readonly label: string;
  readonly children: ReactNode;
  readonly placement?: "bottom start" | "bottom end" | "top start" | "top end";
}

/** A button with its menu. */
export function Menu({ trigger, label, children, placement = "bottom start" }: MenuProps) {
  return (
    <MenuTrigger>
      {trigger}
      <Popover className="popover" placement={placement} offset={6}>
        <AriaMenu className="menu" aria-label={label}>
          {children}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

export interface MenuItemProps {
  readonly id?: string;
  readonly icon?: IconName;
  readonly note?: string;
  readonly isDanger?: boolean;
  readonly isDisabled?: boolean;
  readonly href?: string;
  readonly onAction?: () => void;
  readonly children: string;
}

/** One line of a menu; inside a section with ticks the tick takes the icon's place. */
export function MenuItem({ icon, note, isDanger, children, ...rest }: MenuItemProps) {
  return (
    <AriaMenuItem
      {...rest}
      className="menu-item"
      textValue={children}
      {...(isDanger ? { "data-danger": "" } : {})}
    >
      {({ selectionMode, isSelected }) => (
        <>
          {selectionMode !== "none" && (
            <span className="menu-check">{isSelected && <Icon name="check" />}</span>
          )}
          {icon && <Icon name={icon} />}
          <span className="menu-text">
            {children}
            {note && <span className="menu-note">{note}</span>}
          </span>
        </>
      )}
    </AriaMenuItem>
  );
}

export interface MenuSectionProps {
  readonly title: string;
  readonly children: ReactNode;
  /** With these the lines bear ticks. */
  readonly mode?: "single" | "multiple";
  readonly selected?: Iterable<string>;
  readonly onSelect?: (keys: ReadonlySet<string>) => void;
  readonly keepOpen?: boolean;
  /** Whether nothing at all may be chosen. */
  readonly isFree?: boolean;
}

/** A titled part of a menu. */
export function MenuSection({
  title,
  children,
  mode,
  selected,
  onSelect,
  keepOpen,
  isFree,
}: MenuSectionProps) {
  const ticks: Partial<AriaMenuSectionProps<object>> = mode
    ? {
        selectionMode: mode,
        selectedKeys: selected ?? [],
        disallowEmptySelection: !isFree,
        shouldCloseOnSelect: !keepOpen,
        onSelectionChange: (keys: Selection) =>
          onSelect?.(keys === "all" ? new Set() : new Set([...keys].map(String))),
      }
    : {};
  return (
    <AriaMenuSection {...ticks}>
      <Header className="menu-head">{title}</Header>
      {children}
    </AriaMenuSection>
  );
}

/** A line between parts of a menu. */
export function MenuLine() {
  return <Separator className="menu-line" />;
}
