/** Dialogs: over the page, with the focus kept inside and given back at the end. */
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";

import { IconButton } from "./Button.tsx";

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at the foot, the one to press next last. */
  readonly foot?: ReactNode;
  /** Label of the button that closes it; without, it cannot be closed but by its own buttons. */
  readonly closeLabel?: string;
  readonly isWide?: boolean;
  /** Whether the page beneath is made unreadable, as when nobody is signed in. */
  readonly isBlurred?: boolean;
  readonly role?: "dialog" | "alertdialog";
}

/** A modal dialog. */
export function Dialog(props: DialogProps) {
  const { title, isOpen, onClose, children, foot, closeLabel, isWide, isBlurred, role = "dialog" } = props;
  const closable = closeLabel !== undefined;
  return (
    <ModalOverlay
      className="veil"
      isOpen={isOpen}
      onOpenChange={(open) => !open && closable && onClose()}
      isDismissable={closable}
      isKeyboardDismissDisabled={!closable}
      {...(isBlurred ? { "data-blurred": "" } : {})}
      data-modal-open=""
    >
      <Modal className="modal" {...(isWide ? { "data-wide": "" } : {})}>
        <AriaDialog className="dialog" role={role}>
          <div className="dialog-head">
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            {closable && <IconButton icon="close" label={closeLabel} size="small" onPress={onClose} />}
          </div>
          <div className="dialog-body">{children}</div>
          {foot && <div className="dialog-foot">{foot}</div>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
