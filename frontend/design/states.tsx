/** What stands where content is missing, failed, or still on its way. */
import type { ReactNode } from "react";

import { Icon, type IconName } from "./Icon.tsx";

export interface EmptyStateProps {
  readonly icon: IconName;
  readonly title: string;
  readonly children?: ReactNode;
  /** Buttons: what to do about it. */
  readonly actions?: ReactNode;
}

/** Nothing to show, why, and what to do. */
export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="chips">{actions}</div>}
    </div>
  );
}

export interface ProblemNoteProps {
  /** What happened. */
  readonly title: string;
  /** What was kept, and what to do. */
  readonly children?: ReactNode;
  /** The request's number, for whoever reads the log. */
  readonly number?: string;
  readonly action?: ReactNode;
}

/** Something failed: what happened, what was kept, what to do. */
export function ProblemNote({ title, children, number, action }: ProblemNoteProps) {
  return (
    <div className="problem" role="alert">
      <Icon name="warning" />
      <div className="problem-text">
        <p className="problem-title">{title}</p>
        {children && <p className="quiet">{children}</p>}
        {number && <p className="problem-number numbers">{number}</p>}
      </div>
      {action}
    </div>
  );
}

/** A grey bar where a line of text will stand; `width` in percent. */
export function Skeleton({ width = 100 }: { readonly width?: number }) {
  return <span className="skeleton" style={{ width: `${width}%` }} aria-hidden="true" />;
}

/** A turning ring with the word for it. */
export function Spinner({ label }: { readonly label: string }) {
  return <span className="spinner" role="progressbar" aria-label={label} />;
}
