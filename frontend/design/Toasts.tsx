/** The corner where toasts appear; a live region, so that they are spoken without taking the focus. */
import { useSyncExternalStore } from "react";

import { Button, IconButton } from "./Button.tsx";
import { Icon } from "./Icon.tsx";
import { currentToasts, dismissToast, subscribeToasts } from "./toasts.ts";

/** Show the queue of toasts. */
export function Toasts({ label, closeLabel }: { readonly label: string; readonly closeLabel: string }) {
  const messages = useSyncExternalStore(subscribeToasts, currentToasts);
  return (
    <section className="toasts" aria-label={label} aria-live="polite" aria-relevant="additions">
      {messages.map((message) => (
        <div key={message.id} className="toast" data-tone={message.tone}>
          <Icon name={message.tone === "problem" ? "warning" : "check"} />
          <p className="toast-text">{message.text}</p>
          {message.action && (
            <Button
              size="small"
              onPress={() => {
                message.action?.run();
                dismissToast(message.id);
              }}
            >
              {message.action.label}
            </Button>
          )}
          <IconButton icon="close" label={closeLabel} size="small" onPress={() => dismissToast(message.id)} />
        </div>
      ))}
    </section>
  );
}
