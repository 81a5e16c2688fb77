/** The queue of toasts: what was done, told in passing. No DOM here. */

/** One message; `action` undoes or repeats what it tells. */
export interface ToastMessage {
  readonly id: number;
  readonly text: string;
  readonly tone: "done" | "problem";
  readonly action?: { readonly label: string; run(): void };
}

/** How long a message stays, ms: long enough to be read twice; one with a button stays until it is closed. */
const STAY_MS = 6000;

let messages: readonly ToastMessage[] = [];
let last = 0;
const listeners = new Set<() => void>();

function replace(next: readonly ToastMessage[]): void {
  messages = next;
  for (const listener of listeners) listener();
}

/** Tell something in passing. */
export function toast(text: string, options: Partial<Pick<ToastMessage, "tone" | "action">> = {}): void {
  const message = { id: ++last, text, tone: "done" as const, ...options };
  replace([...messages.slice(-3), message]);
  if (message.tone === "done" && message.action === undefined)
    setTimeout(() => dismissToast(message.id), STAY_MS);
}

/** Take a message away. */
export function dismissToast(id: number): void {
  replace(messages.filter((one) => one.id !== id));
}

/** Give the messages that show now. */
export function currentToasts(): readonly ToastMessage[] {
  return messages;
}

/** Call `listener` at every change, until the function given back is called. */
export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
