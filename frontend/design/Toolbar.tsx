/** Toolbars: one stop of the Tab key, arrows move inside. */
import type { ReactNode } from "react";
import { Separator, Toolbar as AriaToolbar } from "react-aria-components";

export interface ToolbarProps {
  readonly label: string;
  readonly children: ReactNode;
  readonly orientation?: "horizontal" | "vertical";
  readonly className?: string;
}

/** A row or column of buttons. */
export function Toolbar({ label, children, orientation = "horizontal", className = "" }: ToolbarProps) {
  return (
    <AriaToolbar aria-label={label} orientation={orientation} className={`toolbar ${className}`}>
      {children}
    </AriaToolbar>
  );
}

/** A line between groups of a toolbar. */
export function ToolbarLine() {
  return <Separator orientation="vertical" className="toolbar-line" />;
}
