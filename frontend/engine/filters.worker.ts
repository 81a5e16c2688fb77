/** Filters planes beside the page, so that nothing stands still meanwhile. */

import { filteredPlane } from "./filters.ts";
import type { Filter } from "./filters.ts";
import type { Plane } from "./model.ts";

/** What the worker is asked. */
export interface FilterTask {
  id: number;
  plane: Plane;
  filter: Filter;
}

/** What it answers. */
export interface FilterAnswer {
  id: number;
  plane: Plane;
}

const scope = self as unknown as {
  onmessage: ((event: MessageEvent<FilterTask>) => void) | null;
  postMessage(answer: FilterAnswer, transfer: Transferable[]): void;
};

scope.onmessage = ({ data: { id, plane, filter } }) => {
  const done = filteredPlane(plane, filter);
  scope.postMessage({ id, plane: done }, [done.data.buffer as ArrayBuffer]);
};
