/** What stands where a page failed: what happened, what was kept, what to do. */
import { Component, type ErrorInfo, type ReactNode } from "react";

import { Button, EmptyState } from "../design/index.ts";
import { t } from "../locale/index.ts";
import { navigate, ROOT } from "./router.ts";

interface Props {
  readonly children: ReactNode;
  /** A change of it is a new page, and a new try. */
  readonly place: string;
}

interface State {
  readonly error: Error | null;
}

/** Catches what a page throws while it renders; the rest of the application goes on. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override componentDidUpdate(before: Props): void {
    if (before.place !== this.props.place && this.state.error !== null) this.setState({ error: null });
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error === null ? (
      this.props.children
    ) : (
      <Failure error={error} onRetry={() => this.setState({ error: null })} />
    );
  }
}

function Failure({ error, onRetry }: { readonly error: Error; readonly onRetry: () => void }) {
  const buttons = (
    <>
      <Button variant="primary" onPress={onRetry}>
        {t("Try again")}
      </Button>
      <Button onPress={() => location.reload()}>{t("Load the page anew")}</Button>
      <Button variant="plain" onPress={() => navigate(ROOT)}>
        {t("To the worklist")}
      </Button>
    </>
  );
  return (
    <main className="page" role="alert">
      <EmptyState icon="warning" title={t("This page could not go on")} actions={buttons}>
        {t(
          "Everything that was saved is kept on the server: images, annotations, comments. Only what was typed in the last seconds may be missing.",
        )}
      </EmptyState>
      <details className="failure">
        <summary>{t("What happened")}</summary>
        <pre>{`${error.name}: ${error.message}`}</pre>
      </details>
    </main>
  );
}
