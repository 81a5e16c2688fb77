/** Problems in words for the person before the screen. */
import { Problem } from "../api/client.ts";
import { t } from "../locale/index.ts";

/** What a `ProblemNote` or toast says. */
export interface Told {
  readonly title: string;
  readonly detail: string;
  readonly number: string;
}

/** Give the words for whatever was thrown. */
export function told(error: unknown): Told {
  if (!(error instanceof Problem)) {
    return {
      title: t("Something went wrong on this page."),
      detail: String((error as Error)?.message ?? error),
      number: "",
    };
  }
  return { title: titleOf(error), detail: error.detail, number: error.requestId };
}

function titleOf(problem: Problem): string {
  switch (problem.status) {
    case 0:
      return t("The server cannot be reached.");
    case 403:
      return t("You are not permitted to do this.");
    case 404:
      return t("This is not here, or not yours to see.");
    case 409:
      return t("Someone else changed it meanwhile.");
    case 503:
      return t("The server is busy. Try again in a moment.");
    default:
      return problem.title || t("The server could not do this.");
  }
}

/** Say whether a request was merely given up because nobody waits for it any more. */
export function wasAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}
