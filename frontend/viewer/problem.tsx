/** Why an image cannot be shown, in its viewport; the rest of the study stays. */
import { Button, Icon } from "../design/index.ts";
import { t } from "../locale/index.ts";
import type { Problem as Found } from "./server.ts";

/** The words for a problem and a way to try again. */
export function Problem({ problem, onRetry }: { readonly problem: Found; readonly onRetry: () => void }) {
  const detail = detailOf(problem);
  return (
    <div className="viewer-problem" role="alert">
      <Icon name="warning" />
      <p className="viewer-problem-title">{titleOf(problem)}</p>
      {detail && <p className="quiet">{detail}</p>}
      <Button size="small" onPress={onRetry}>
        {t("Try again")}
      </Button>
    </div>
  );
}

function titleOf({ status }: Found): string {
  if (status === 403) return t("You are not permitted to do this.");
  if (status === 503) return t("The server is busy. Try again in a moment.");
  return t("This image cannot be shown.");
}

function detailOf({ fault, title, detail }: Found): string {
  switch (fault) {
    case "unreachable":
      return t("The server cannot be reached.");
    case "broken_off":
      return t("It broke off on its way.");
    case "damaged":
      return t("What came is damaged and cannot be drawn.");
    default:
      return detail || title;
  }
}
