/** Saved views: loaded, shown, saved, changed and deleted, never over somebody else's change. */
import { useEffect, useState } from "react";

import { Problem } from "../../api/client.ts";
import { toast } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import type { View } from "../model.ts";
import { told } from "../problems.ts";
import { askViews, createView, deleteView, replaceView, type ViewDraft } from "./asking.ts";
import { type Asked, sameAsked, USUAL } from "./query.ts";

/** What shows now, and how to show something else. */
export interface Showing {
  readonly asked: Asked;
  /** Columns chosen, [] for those that fit. */
  readonly columns: readonly string[];
  readonly onShow: (asked: Asked, columns: readonly string[]) => void;
}

/** The dialog that is open, "" for none. */
export type ViewDialog = "" | "save" | "delete" | "conflict";

/** The views, and what can be done with them. */
export interface SavedViews {
  readonly views: readonly View[];
  /** The view that was chosen last, `null` for all studies. */
  readonly chosen: View | null;
  /** Whether filters or order were changed since. */
  readonly isChanged: boolean;
  readonly dialog: ViewDialog;
  open(dialog: ViewDialog): void;
  /** Show a view by its id; an unknown one shows all studies. */
  show(id: string): void;
  create(name: string, shared: boolean): void;
  /** Save what shows now as the chosen view. */
  update(): void;
  remove(): void;
}

const askedOf = (view: View): Asked => ({
  query: view.query,
  sort: view.sort || USUAL.sort,
  order: view.order || USUAL.order,
});

/** Say whether another saved the view first; a name that is taken is a conflict of another kind. */
function isOutdated(error: unknown): boolean {
  return error instanceof Problem && error.isConflict && error.members["changed_by"] !== undefined;
}

function failureWords(error: unknown): string {
  const isTaken = error instanceof Problem && error.isConflict;
  return isTaken
    ? t("There is a view of that name already. Nothing was saved: choose another name.")
    : told(error).title;
}

/** Load the views and keep track of the one that shows. */
export function useViews({ asked, columns, onShow }: Showing): SavedViews {
  const [views, setViews] = useState<readonly View[]>([]);
  const [chosenId, setChosen] = useState("");
  const [dialog, open] = useState<ViewDialog>("");
  const chosen = views.find((view) => String(view.id) === chosenId) ?? null;
  const load = (): Promise<void> => askViews().then(setViews, () => undefined);
  useEffect(() => void load(), []);

  const show = (id: string): void => {
    const view = views.find((one) => String(one.id) === id);
    open("");
    setChosen(view ? id : "");
    onShow(view ? askedOf(view) : USUAL, view?.columns ?? []);
  };
  const attempt = async (deed: () => Promise<unknown>, done: string): Promise<void> => {
    open("");
    try {
      await deed();
      toast(done);
    } catch (error) {
      if (isOutdated(error)) open("conflict");
      else toast(failureWords(error), { tone: "problem" });
    }
    await load();
  };
  const draft = (name: string, shared: boolean): ViewDraft => ({ name, shared, ...asked, columns });
  const create = async (name: string, shared: boolean): Promise<void> => {
    const view = await createView(draft(name, shared));
    setChosen(String(view.id));
  };
  return {
    views,
    chosen,
    isChanged: chosen !== null && !sameAsked(askedOf(chosen), asked),
    dialog,
    open,
    show,
    create: (name, shared) => void attempt(() => create(name, shared), t("View saved")),
    update: () => {
      if (chosen)
        void attempt(() => replaceView({ ...chosen, ...draft(chosen.name, chosen.shared) }), t("View saved"));
    },
    remove: () => {
      if (chosen) void attempt(() => deleteView(chosen).then(() => show("")), t("View deleted"));
    },
  };
}
