/** Where the page begins. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import "../design/index.ts";
import "./app.css";
import { App, fetchAhead } from "./App.tsx";
import { applyRemembered } from "./appearance.ts";
import { listenToHistory } from "./router.ts";
import { findSession } from "./session.ts";
import { listenForShortcuts } from "./shortcuts.ts";

/**
 * React Aria would add a style sheet to the page, which our Content Security Policy forbids; it does not when an
 * element of this name is there. What it would say stands in `design/base.css`.
 */
function forgoInlineStyle(): void {
  const mark = document.createElement("meta");
  mark.id = "react-aria-pressable-style";
  document.head.append(mark);
}

forgoInlineStyle();
fetchAhead(location.pathname);
listenToHistory();
listenForShortcuts();
await applyRemembered();
void findSession();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
