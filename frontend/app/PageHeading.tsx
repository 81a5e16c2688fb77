/** The heading of a page: names the document, and takes the focus when one has navigated here. */
import { type ReactNode, useEffect, useRef } from "react";

import { hasMoved } from "./router.ts";

export interface PageHeadingProps {
  /** Name of the page, for the title of the window; never of a patient, since titles end up in histories. */
  readonly title: string;
  readonly children?: ReactNode;
  /** Spoken, but not shown. */
  readonly isHidden?: boolean;
  readonly className?: string;
}

/** The one `h1` of a page. */
export function PageHeading({ title, children, isHidden = false, className = "" }: PageHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Radiotheque`;
  }, [title]);
  useEffect(() => {
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1} className={isHidden ? "only-spoken" : className}>
      {children ?? title}
    </h1>
  );
}
