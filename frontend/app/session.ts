/** Who is signed in, for React: a thin hook over the client, which keeps work while a session has to be renewed. */
import { useSyncExternalStore } from "react";

import { currentSession, onSession, onSignedOut, resume, type Session, signOut } from "../api/client.ts";
import { ROOT } from "./router.ts";

export type { Session } from "../api/client.ts";
export { signIn } from "../api/client.ts";

/** How it stands: not yet known, the server away, nobody, somebody, or somebody whose session ended over their work. */
export interface SessionState {
  readonly phase: "unknown" | "away" | "out" | "in" | "ended";
  readonly session: Session | null;
}

let state: SessionState = { phase: "unknown", session: null };
const listeners = new Set<() => void>();

function become(next: SessionState): void {
  state = next;
  for (const listener of [...listeners]) listener();
}

onSession((session) => become({ phase: session === null ? "out" : "in", session }));
onSignedOut(() => {
  if (state.phase === "in") become({ phase: "ended", session: currentSession() });
});

/** Ask the server once whether this browser still has a session. */
export async function findSession(): Promise<void> {
  become({ phase: "unknown", session: null });
  try {
    if ((await resume()) === null) become({ phase: "out", session: null });
  } catch {
    become({ phase: "away", session: null });
  }
}

/** Sign out, and load the page anew: whatever it still holds of patients goes with it. */
export async function leave(): Promise<void> {
  try {
    await signOut();
  } catch {
    // The screens forget who was there even when the server cannot be told.
  } finally {
    location.replace(ROOT);
  }
}

/** Give the state now, outside React. */
export function sessionState(): SessionState {
  return state;
}

/** Be called whenever it changes; gives the function that ends this. */
export function onSessionState(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Give who is signed in, rendering again when that changes. */
export function useSession(): SessionState {
  return useSyncExternalStore(onSessionState, sessionState);
}

/** Say whether the person signed in may do something ("study.view"). */
export function may(session: Session | null, permission: string): boolean {
  return session?.permissions.includes(permission) ?? false;
}
