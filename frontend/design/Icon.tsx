/** Icons: own drawings on a grid of 24, strokes of one width, in the colour of the text around them. */
import type { ReactNode } from "react";

const DRAWINGS = {
  search: <><circle cx="10.5" cy="10.5" r="6.25" /><path d="m15.2 15.2 5.3 5.3" /></>,
  close: <path d="m6 6 12 12M18 6 6 18" />,
  check: <path d="m5 12.5 4.6 4.6L19 7.5" />,
  minus: <path d="M6 12h12" />,
  plus: <path d="M12 5v14M5 12h14" />,
  down: <path d="m6 9.5 6 6 6-6" />,
  up: <path d="m6 14.5 6-6 6 6" />,
  right: <path d="m9.5 6 6 6-6 6" />,
  left: <path d="m14.5 6-6 6 6 6" />,
  back: <path d="M20 12H5m6-6.5L4.5 12l6.5 6.5" />,
  open: <path d="M4 12h15m-6-6.5 6.5 6.5-6.5 6.5" />,
  more: <><circle className="solid" cx="5.5" cy="12" r="1.4" /><circle className="solid" cx="12" cy="12" r="1.4" /><circle className="solid" cx="18.5" cy="12" r="1.4" /></>,
  person: <><circle cx="12" cy="8" r="3.75" /><path d="M4.75 20c.7-3.9 3.5-6 7.25-6s6.55 2.1 7.25 6" /></>,
  people: <><circle cx="9.25" cy="8.5" r="3.25" /><path d="M3 19.5c.6-3.5 3-5.25 6.25-5.25s5.65 1.75 6.25 5.25M15.5 5.6a3.25 3.25 0 0 1 0 5.8M17.6 14.7c2 .7 3.2 2.3 3.6 4.8" /></>,
  sun: <><circle cx="12" cy="12" r="3.9" /><path d="M12 2.75v2M12 19.25v2M2.75 12h2M19.25 12h2M5.5 5.5l1.4 1.4M17.1 17.1l1.4 1.4M18.5 5.5l-1.4 1.4M6.9 17.1l-1.4 1.4" /></>,
  moon: <path d="M20 14.2A8.3 8.3 0 0 1 9.8 4 8.3 8.3 0 1 0 20 14.2Z" />,
  globe: <><circle cx="12" cy="12" r="8.5" /><path d="M3.5 12h17M12 3.5c2.5 2.4 3.6 5.2 3.6 8.5s-1.1 6.1-3.6 8.5c-2.5-2.4-3.6-5.2-3.6-8.5s1.1-6.1 3.6-8.5Z" /></>,
  leave: <path d="M14 4.5H6.5A1.5 1.5 0 0 0 5 6v12a1.5 1.5 0 0 0 1.5 1.5H14M10.5 12h10m-3.75-4 4 4-4 4" />,
  settings: <><path d="M4 7.5h9M17.5 7.5H20M4 16.5h2.5M11 16.5h9" /><circle cx="15.25" cy="7.5" r="2.25" /><circle cx="8.75" cy="16.5" r="2.25" /></>,
  help: <><circle cx="12" cy="12" r="8.5" /><path d="M9.6 9.5c.2-1.5 1.2-2.25 2.5-2.25 1.4 0 2.4.9 2.4 2.15 0 2-2.5 2-2.5 4.1" /><circle className="solid" cx="12" cy="16.5" r="1" /></>,
  keyboard: <><rect x="2.75" y="6" width="18.5" height="12" rx="2" /><path d="M6.5 10h.01M10 10h.01M13.5 10h.01M17 10h.01M8.5 14.25h7" /></>,
  columns: <><rect x="3.5" y="4.5" width="17" height="15" rx="2" /><path d="M9.2 4.5v15M14.8 4.5v15" /></>,
  view: <path d="M6.5 4.5h11v15.25L12 15.75l-5.5 4z" />,
  clock: <><circle cx="12" cy="12" r="8.5" /><path d="M12 7.25V12l3.25 2" /></>,
  comment: <path d="M4.5 5.5h15v10.75h-8.25L7 19.75v-3.5H4.5z" />,
  edit: <path d="m5 19 .9-3.9L16.6 4.4l3 3L8.9 18.1zM14.3 6.7l3 3" />,
  trash: <path d="M5 7h14M9.5 7V4.75h5V7M6.75 7l.8 12.25h8.9L17.25 7M10.25 10.5v5.5M13.75 10.5v5.5" />,
  image: <><rect x="3.5" y="4.5" width="17" height="15" rx="2" /><path d="m4 16.5 4.5-4.75 3.75 3.75 3-2.75 4.75 4" /><circle cx="14.75" cy="9" r="1.4" /></>,
  film: <><rect x="5" y="3.5" width="14" height="17" rx="1.5" /><path d="M12 6.75v8.5M9.25 17.5c-1.5-2.5-1.5-6.5.25-9.5M14.75 17.5c1.5-2.5 1.5-6.5-.25-9.5" /></>,
  document: <path d="M6 3.5h8l4.5 4.5v12.5H6zM14 3.5V8h4.5M9 12.5h6.5M9 16h6.5" />,
  ruler: <path d="M3 8h18v8.5H3zM6.6 8v3.25M10.2 8v4.5M13.8 8v3.25M17.4 8v4.5" />,
  mouse: <><rect x="6.5" y="3" width="11" height="18" rx="5.5" /><path d="M12 6.5v4" /></>,
  warning: <><path d="M12 4.25 21 19.5H3z" /><path d="M12 10v4.25" /><circle className="solid" cx="12" cy="16.75" r="1" /></>,
  info: <><circle cx="12" cy="12" r="8.5" /><path d="M12 11v5.25" /><circle className="solid" cx="12" cy="7.9" r="1" /></>,
  refresh: <path d="M19.5 12a7.5 7.5 0 1 1-2.3-5.4M19.75 3.75v4h-4" />,
  reset: <path d="M4.5 12a7.5 7.5 0 1 0 2.3-5.4M4.25 3.75v4h4" />,
  panel: <><rect x="3.5" y="4.5" width="17" height="15" rx="2" /><path d="M14.5 4.5v15" /></>,
  eye: <><path d="M2.75 12C5 8 8.2 6 12 6s7 2 9.25 6c-2.25 4-5.45 6-9.25 6s-7-2-9.25-6Z" /><circle cx="12" cy="12" r="2.75" /></>,
  statusNew: <><circle cx="12" cy="12" r="7.5" /><circle className="solid" cx="12" cy="12" r="3" /></>,
  statusReading: <><circle cx="12" cy="12" r="7.5" /><path className="solid" d="M12 6.25a5.75 5.75 0 0 1 0 11.5z" /></>,
  statusRead: <><circle cx="12" cy="12" r="7.5" /><path d="m8.6 12.2 2.4 2.4 4.4-4.8" /></>,
  urgent: <path d="m6 14.5 6-6 6 6" />,
  stat: <path d="m6 12 6-6 6 6M6 18.5l6-6 6 6" />,
} as const satisfies Record<string, ReactNode>;

/** The name of a drawing. */
export type IconName = keyof typeof DRAWINGS;

/** Draw an icon; it is decoration, so the words beside it, or its button's label, say what it means. */
export function Icon({ name, className = "" }: { readonly name: IconName; readonly className?: string }) {
  return (
    <svg className={`icon ${className}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {DRAWINGS[name]}
    </svg>
  );
}

/** The mark of the house: a film on the light box. */
export function Mark({ className = "" }: { readonly className?: string }) {
  return (
    <svg className={`mark ${className}`} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect className="mark-film" x="4" y="2.5" width="24" height="27" rx="5" />
      <path className="mark-spine" d="M16 7.5v17" />
      <path
        className="mark-ribs"
        d="M14.25 10.25c-3.4.2-5.4 1.7-6 4.3M17.75 10.25c3.4.2 5.4 1.7 6 4.3M14.25 14.75c-3 .2-5 1.6-5.6 4.1M17.75 14.75c3 .2 5 1.6 5.6 4.1M14.25 19.25c-2.2.2-3.8 1.1-4.5 2.9M17.75 19.25c2.2.2 3.8 1.1 4.5 2.9"
      />
    </svg>
  );
}
