/** The bar above every page but the viewer's, which needs the whole screen for the radiograph. */
import type { ReactNode } from "react";
import { Link } from "react-aria-components";

import { IconButton, Mark } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { openKeySheet } from "./KeySheet.tsx";
import { ROOT, type Route, worklistPath } from "./router.ts";
import { UserMenu } from "./UserMenu.tsx";

/** The bar and, beneath it, the page. */
export function Frame({ route, children }: { readonly route: Route; readonly children: ReactNode }) {
  return (
    <div className="frame">
      <a className="skip" href="#content">
        {t("To the content")}
      </a>
      <header className="bar">
        <Link className="bar-brand" href={ROOT}>
          <Mark />
          <span>Radiotheque</span>
        </Link>
        <nav className="bar-links" aria-label={t("Pages")}>
          <Link
            className="bar-link"
            href={worklistPath()}
            {...(route.page === "worklist" ? { "aria-current": "page" } : {})}
          >
            {t("Worklist")}
          </Link>
          <Link
            className="bar-link"
            href={`${ROOT}settings`}
            {...(route.page === "settings" ? { "aria-current": "page" } : {})}
          >
            {t("Settings")}
          </Link>
          <Link
            className="bar-link"
            href={`${ROOT}help`}
            {...(route.page === "help" ? { "aria-current": "page" } : {})}
          >
            {t("Help")}
          </Link>
        </nav>
        <div className="bar-end">
          <IconButton icon="keyboard" label={t("Keyboard")} keys={["?"]} onPress={openKeySheet} />
          <UserMenu />
        </div>
      </header>
      <div className="frame-content" id="content">
        {children}
      </div>
    </div>
  );
}
