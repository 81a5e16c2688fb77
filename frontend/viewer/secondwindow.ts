/** Words between the windows of one reader: a viewport goes over to a second monitor and closes with its patient. */

/** What windows tell one another; `patient` keeps a window from showing one patient beside another's. */
export type Message =
  | { kind: "ready"; study: string }
  | { kind: "show"; study: string; patient: string; instance: string; frame: number }
  | { kind: "patient"; patient: string };

/** The name of the channel, within one origin. */
export const CHANNEL = "radiotheque.viewer";

/** Give the message in what came over the channel, null when it is none of ours. */
export function parse(data: unknown): Message | null {
  if (typeof data !== "object" || data === null) return null;
  const { kind, study, patient, instance, frame } = data as Record<string, unknown>;
  if (kind === "ready" && typeof study === "string") return { kind, study };
  if (kind === "patient" && typeof patient === "string") return { kind, patient };
  const words = typeof study === "string" && typeof patient === "string" && typeof instance === "string";
  if (kind !== "show" || !words || !Number.isInteger(frame) || (frame as number) < 1) return null;
  return { kind, study: study as string, patient: patient as string, instance: instance as string, frame: frame as number };
}

/** Say whether a window must close: another patient than its own was opened beside it. */
export function mustClose(own: string, message: Message): boolean {
  return message.kind === "patient" && own !== "" && message.patient !== own;
}

/** One end of the channel. */
export class Windows {
  readonly #channel: BroadcastChannel | null;
  #waiting: Message[] = [];

  constructor(heard: (message: Message) => void) {
    this.#channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
    this.#channel?.addEventListener("message", (event: MessageEvent) => {
      const message = parse(event.data);
      if (message?.kind === "ready") this.#deliver();
      if (message) heard(message);
    });
  }

  /** Tell all other windows. */
  tell(message: Message): void {
    this.#channel?.postMessage(message);
  }

  /** Tell a window that is being opened, as soon as it says that it is ready. */
  tellWhenReady(message: Message): void {
    this.#waiting.push(message);
  }

  #deliver(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const message of waiting) this.tell(message);
  }

  /** Hear and tell nothing more. */
  close(): void {
    this.#channel?.close();
  }
}
