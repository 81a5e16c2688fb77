/** Changes of rows from the page: saved, told, and asked about when two readers disagree. */
import { useState } from "react";

import { toast } from "../../design/index.ts";
import { t, tn } from "../../locale/index.ts";
import type { Row } from "../model.ts";
import { told } from "../problems.ts";
import type { Change } from "./asking.ts";
import { change, changeSeveral, type Conflict } from "./changing.ts";

/** How the page changes rows. */
export interface Changes {
  /** The first conflict that waits for an answer. */
  readonly conflict: Conflict | null;
  save(row: Row, wanted: Change): void;
  saveSeveral(rows: readonly Row[], wanted: Change): void;
  keepTheirs(): void;
  useMine(): void;
}

/** Save changes; `take` is given the rows as the server has them now. */
export function useChanges(take: (rows: readonly Row[]) => void): Changes {
  const [conflicts, setConflicts] = useState<readonly Conflict[]>([]);
  const [conflict = null] = conflicts;

  const save = async (row: Row, wanted: Change): Promise<void> => {
    try {
      const outcome = await change(row, wanted);
      if (outcome.kind === "held") return tellHeld(outcome.reader);
      take([outcome.kind === "saved" ? outcome.row : outcome.conflict.theirs]);
      if (outcome.kind === "conflict") setConflicts((waiting) => [...waiting, outcome.conflict]);
    } catch (error) {
      tellFailure(error, () => void save(row, wanted));
    }
  };

  const saveSeveral = async (rows: readonly Row[], wanted: Change): Promise<void> => {
    const { saved, conflicts: met, failed } = await changeSeveral(rows, wanted);
    take([...saved, ...met.map((one) => one.theirs)]);
    setConflicts((waiting) => [...waiting, ...met]);
    if (saved.length > 0) toast(tn("{count} study changed", "{count} studies changed", saved.length));
    if (failed > 0)
      toast(tn("{count} study could not be changed", "{count} studies could not be changed", failed), {
        tone: "problem",
      });
  };

  const next = (): void => setConflicts((waiting) => waiting.slice(1));
  return {
    conflict,
    save: (row, wanted) => void save(row, wanted),
    saveSeveral: (rows, wanted) => void saveSeveral(rows, wanted),
    keepTheirs: next,
    useMine: () => {
      next();
      if (conflict) void save(conflict.theirs, conflict.mine);
    },
  };
}

function tellHeld(reader: string): void {
  const text = t("{name} is reading this study: its status is theirs to change. Open it to take it over.", {
    name: reader,
  });
  toast(text, { tone: "problem" });
}

function tellFailure(error: unknown, retry: () => void): void {
  const { title, detail } = told(error);
  const text = [t("Not saved."), title, detail].filter(Boolean).join(" ");
  toast(text, { tone: "problem", action: { label: t("Try again"), run: retry } });
}
