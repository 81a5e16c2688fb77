/** The application: who is there, where they are, and what covers every page. */
import { lazy, Suspense, useEffect } from "react";
import { I18nProvider, RouterProvider } from "react-aria-components";

import { Button, EmptyState, Mark, Spinner, Toasts } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { useAppearance, useLanguage } from "./appearance.ts";
import { ErrorBoundary } from "./ErrorBoundary.tsx";
import { Frame } from "./Frame.tsx";
import { KeySheet, openKeySheet } from "./KeySheet.tsx";
import { later } from "./later.tsx";
import { PageHeading } from "./PageHeading.tsx";
import { usePreferences } from "./preferences.ts";
import { navigate, ROOT, type Route, useRoute, worklistPath } from "./router.ts";
import { findSession, useSession } from "./session.ts";
import { remapShortcuts, useActions } from "./shortcuts.ts";
import { SessionDialog, SignInPage } from "./SignIn.tsx";
import { WorklistPage } from "./worklist/WorklistPage.tsx";

const Viewer = later(() => import("../viewer/index.tsx"), Waiting);
const PatientPage = lazy(() => import("./patient/PatientPage.tsx"));
const SettingsPage = lazy(() => import("./settings/SettingsPage.tsx"));
const HelpPage = lazy(() => import("./help/HelpPage.tsx"));

/** The whole. */
export function App() {
  const locale = useLanguage();
  useAppearance();
  return (
    <I18nProvider locale={locale}>
      <RouterProvider navigate={(path) => navigate(path)}>
        <Door />
        <Toasts label={t("Messages")} closeLabel={t("Close")} />
      </RouterProvider>
    </I18nProvider>
  );
}

function Door() {
  const { phase } = useSession();
  if (phase === "unknown") return <Waiting />;
  if (phase === "away") return <Away />;
  if (phase === "out") return <SignInPage />;
  return <House />;
}

function Away() {
  const retry = (
    <Button variant="primary" icon="refresh" onPress={() => void findSession()}>
      {t("Try again")}
    </Button>
  );
  return (
    <main className="waiting">
      <PageHeading title={t("No connection")} isHidden />
      <EmptyState icon="warning" title={t("The server cannot be reached.")} actions={retry}>
        {t("Check the network, or wait until the server is back.")}
      </EmptyState>
    </main>
  );
}

function House() {
  const route = useRoute();
  const [preferences] = usePreferences();
  useEffect(() => remapShortcuts(preferences.shortcuts), [preferences.shortcuts]);
  useEffect(fetchViewer, []);
  useActions("app", [
    { id: "app.keys", label: t("Show the keys"), keys: ["?"], run: openKeySheet },
    { id: "app.worklist", label: t("To the worklist"), keys: ["Alt+W"], run: () => navigate(worklistPath()) },
    {
      id: "app.settings",
      label: t("To the settings"),
      keys: ["Alt+,"],
      run: () => navigate(`${ROOT}settings`),
    },
  ]);
  return (
    <>
      <ErrorBoundary place={JSON.stringify(route)}>
        <Suspense fallback={<Waiting />}>
          <Place route={route} />
        </Suspense>
      </ErrorBoundary>
      <KeySheet />
      <SessionDialog />
    </>
  );
}

/** Fetch the viewer's code at once when the page begins with a study, while it is still found out who is there. */
export function fetchAhead(path: string): void {
  if (path.startsWith(`${ROOT}studies/`)) Viewer.fetch();
}

/** Fetch the viewer's code as soon as the page is at rest, so that a click on a study waits for its images alone. */
function fetchViewer(): void {
  const atRest = globalThis.requestIdleCallback ?? setTimeout; // Safari has none
  atRest(Viewer.fetch);
}

function Place({ route }: { readonly route: Route }) {
  if (route.page === "study") return <Viewer.Page key={route.study} study={route.study} />;
  return (
    <Frame route={route}>
      <Page route={route} />
    </Frame>
  );
}

function Page({ route }: { readonly route: Exclude<Route, { page: "study" }> }) {
  switch (route.page) {
    case "worklist":
      return <WorklistPage />;
    case "patient":
      return <PatientPage key={route.number} number={route.number} />;
    case "settings":
      return <SettingsPage />;
    case "help":
      return <HelpPage />;
    case "nowhere":
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <main className="page">
      <PageHeading title={t("No such page")} isHidden />
      <EmptyState
        icon="info"
        title={t("There is no such page")}
        actions={
          <Button variant="primary" onPress={() => navigate(ROOT)}>
            {t("To the worklist")}
          </Button>
        }
      >
        {t("The address may be mistyped, or be of an older version.")}
      </EmptyState>
    </main>
  );
}

function Waiting() {
  return (
    <main className="waiting">
      <Mark />
      <Spinner label={t("Loading")} />
    </main>
  );
}
