/** Thumbnails on their way to a viewport. */

/** What is dragged: an image, of a stack or alone. */
export interface Dragged {
  instance: string;
  stack: boolean;
}

const TYPE = "application/x-radiotheque-image";

/** Put what is dragged into the browser's own parcel; other programs get nothing of it. */
export function dragInto(transfer: DataTransfer, dragged: Dragged): void {
  transfer.setData(TYPE, JSON.stringify(dragged));
  transfer.effectAllowed = "copy";
}

/** Give what was dropped, null when it is nothing of ours. */
export function draggedFrom(transfer: Pick<DataTransfer, "getData">): Dragged | null {
  try {
    const found = JSON.parse(transfer.getData(TYPE)) as Partial<Dragged>;
    return typeof found.instance === "string" ? { instance: found.instance, stack: found.stack === true } : null;
  } catch {
    return null;
  }
}
