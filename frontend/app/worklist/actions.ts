/** What can be done by key in the worklist; the settings list it before the worklist was ever opened. */
import { t } from "../../locale/index.ts";

/** A deed of the worklist. */
export type WorklistDeed = "search" | "panel" | "patient" | "read" | "new" | "reload" | "all";

/** Give the deeds with their words and default keys. */
export function worklistActions(): readonly {
  readonly id: `worklist.${WorklistDeed}`;
  readonly label: string;
  readonly keys: readonly string[];
}[] {
  return [
    { id: "worklist.search", label: t("Search"), keys: ["/"] },
    { id: "worklist.panel", label: t("Show or hide the preview"), keys: ["Alt+V"] },
    { id: "worklist.patient", label: t("To the patient"), keys: ["Alt+P"] },
    { id: "worklist.read", label: t("Mark as read"), keys: ["Alt+R"] },
    { id: "worklist.new", label: t("Mark as new"), keys: ["Alt+N"] },
    { id: "worklist.reload", label: t("Ask anew"), keys: ["Alt+L"] },
    { id: "worklist.all", label: t("Drop all filters"), keys: ["Alt+X"] },
  ];
}
