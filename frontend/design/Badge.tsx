/** Badges: a short word about a state, with a shape, so that nothing hangs on colour. */
import type { ReactNode } from "react";

import { Icon, type IconName } from "./Icon.tsx";

export type Tone = "plain" | "accent" | "new" | "reading" | "read" | "urgent" | "stat";

export interface BadgeProps {
  readonly children: ReactNode;
  readonly tone?: Tone;
  readonly icon?: IconName;
  readonly title?: string;
}

/** A word in a pill. */
export function Badge({ children, tone = "plain", icon, title }: BadgeProps) {
  return (
    <span className="badge" data-tone={tone} title={title}>
      {icon && <Icon name={icon} />}
      <span className="one-line">{children}</span>
    </span>
  );
}

/** The code of a modality, "DX". */
export function Modality({ code }: { readonly code: string }) {
  return <span className="modality">{code}</span>;
}
