/** Pages whose code is fetched when they are wanted, or a little before. */
import { type ComponentType, useEffect, useState } from "react";

/** A component that shows `waiting` until its code is there, and what fetches that code ahead of need. */
export interface Later<P> {
  readonly Page: ComponentType<P>;
  readonly fetch: () => void;
}

/**
 * Give a component whose code `load` brings.
 *
 * `lazy` and `Suspense` are not for pages that must be quick: once React has shown a fallback it holds back what follows
 * for 300 ms, and code that is there already counts as missing until it was rendered once.
 */
export function later<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
  waiting: ComponentType,
): Later<P> {
  let found: ComponentType<P> | null = null;
  const bring = async (): Promise<ComponentType<P>> => (found = (await load()).default);
  const Waiting = waiting;
  function Page(props: P) {
    const [Found, setFound] = useState<ComponentType<P> | null>(() => found);
    const [problem, setProblem] = useState<unknown>(null);
    useEffect(() => {
      if (!Found) bring().then((brought) => setFound(() => brought), setProblem);
    }, [Found]);
    if (problem) throw problem; // the boundary around the pages says it
    return Found ? <Found {...props} /> : <Waiting />;
  }
  return { Page, fetch: () => void bring().catch(() => undefined) };
}
