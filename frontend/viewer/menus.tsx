/** Menus of the toolbar: a drawing, words, and the key that does the same. */
import type { ReactNode } from "react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Tooltip, TooltipTrigger } from "react-aria-components";

import { keyCaps } from "../app/keys.ts";
import { keysOf } from "../app/shortcuts.ts";
import { Icon } from "../design/index.ts";
import { Drawing } from "./icons.tsx";

/** One line of a menu. */
export interface Line {
  readonly id: string;
  readonly label: string;
  readonly icon?: string;
  /** A key that is not that of the deed `id`, as of a preset. */
  readonly key?: string;
  readonly isOn?: boolean;
  readonly isDisabled?: boolean;
  readonly href?: string;
  readonly download?: string;
}

/** A titled part of a menu. */
export interface Part {
  readonly title: string;
  readonly lines: readonly Line[];
}

interface ToolMenuProps {
  readonly icon: string;
  readonly label: string;
  readonly parts: readonly Part[];
  readonly onAction: (id: string) => void;
  /** Whether one of its tools is in hand. */
  readonly isOn?: boolean;
  readonly children?: ReactNode;
}

/** A button that opens a menu of deeds. */
export function ToolMenu({ icon, label, parts, onAction, isOn = false, children }: ToolMenuProps) {
  return (
    <MenuTrigger>
      <TooltipTrigger delay={500}>
        <Button
          className="button viewer-menu-button"
          data-variant="plain"
          data-size="small"
          aria-label={label}
          {...(isOn ? { "data-selected": "" } : {})}
        >
          <Drawing name={icon} />
          {children}
          <Icon name="down" />
        </Button>
        <Tooltip className="tooltip" offset={6}>
          {label}
        </Tooltip>
      </TooltipTrigger>
      <Popover className="popover" placement="bottom start" offset={6}>
        <Menu className="menu" aria-label={label} onAction={(key) => onAction(String(key))}>
          {parts.filter((part) => part.lines.length > 0).map((part) => (
            <MenuSection key={part.title}>
              <Header className="menu-head">{part.title}</Header>
              {part.lines.map((line) => (
                <Entry key={line.id} line={line} />
              ))}
            </MenuSection>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function Entry({ line }: { readonly line: Line }) {
  const { id, label, icon, isOn, isDisabled = false, href, download } = line;
  const chord = line.key ?? keysOf(id)[0];
  const link = href ? { href, ...(download === undefined ? {} : { download }) } : {};
  return (
    <MenuItem id={id} className="menu-item" textValue={label} isDisabled={isDisabled} {...link}>
      <span className="menu-check">{isOn ? <Icon name="check" /> : icon && <Drawing name={icon} />}</span>
      <span className="menu-text">{label}</span>
      {chord && <kbd>{keyCaps(chord).join(" ")}</kbd>}
    </MenuItem>
  );
}
