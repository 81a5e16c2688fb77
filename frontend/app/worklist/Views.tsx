/** Saved views: a person's own and shared ones, each a name for filters, order and columns. */
import { type FormEvent, useState } from "react";
import { Button as AriaButton, Form } from "react-aria-components";

import {
  Button,
  Checkbox,
  Dialog,
  Icon,
  Menu,
  MenuItem,
  MenuLine,
  MenuSection,
  TextField,
} from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import type { View } from "../model.ts";
import { type SavedViews, type Showing, useViews } from "./useViews.ts";

export interface ViewsProps extends Showing {
  readonly me: string;
  /** Whether the person may share views, and change those of others. */
  readonly canShare: boolean;
}

/** The name of the view that shows, and the menu of all. */
export function Views({ me, canShare, ...showing }: ViewsProps) {
  const saved = useViews(showing);
  const { chosen, dialog, open } = saved;
  const close = (): void => open("");
  return (
    <>
      <ViewMenu saved={saved} me={me} canShare={canShare} />
      {dialog === "save" && <SaveDialog canShare={canShare} onSave={saved.create} onClose={close} />}
      {dialog === "delete" && chosen && (
        <DeleteDialog view={chosen} onDelete={saved.remove} onClose={close} />
      )}
      {dialog === "conflict" && chosen && (
        <ViewConflict view={chosen} onTheirs={() => saved.show(String(chosen.id))} onMine={saved.update} />
      )}
    </>
  );
}

interface ViewMenuProps {
  readonly saved: SavedViews;
  readonly me: string;
  readonly canShare: boolean;
}

function ViewMenu({ saved, me, canShare }: ViewMenuProps) {
  const { views, chosen, isChanged, open } = saved;
  const isMine = chosen !== null && (chosen.owner === me || canShare);
  const name = chosen?.name ?? t("All studies");
  const selected = [chosen === null ? "all" : String(chosen.id)];
  const choose = (keys: ReadonlySet<string>): void => saved.show([...keys][0] ?? selected[0] ?? "");
  const trigger = (
    <AriaButton className="button view-button" aria-label={t("View: {name}", { name })}>
      <Icon name="view" />
      <span className="one-line">{name}</span>
      {isChanged && <span className="view-changed">{t("changed")}</span>}
      <Icon name="down" />
    </AriaButton>
  );
  const lines = (list: readonly View[]) =>
    list.map((view) => (
      <MenuItem
        key={view.id}
        id={String(view.id)}
        note={view.owner === me ? undefined : t("by {name}", { name: view.owner })}
      >
        {view.name}
      </MenuItem>
    ));
  const own = views.filter((view) => view.owner === me && !view.shared);
  const shared = views.filter((view) => view.shared);
  const ticks = { mode: "single", selected, onSelect: choose, isFree: true } as const;
  return (
    <Menu trigger={trigger} label={t("Views")}>
      <MenuSection title={t("Views")} {...ticks}>
        <MenuItem id="all">{t("All studies")}</MenuItem>
      </MenuSection>
      {own.length > 0 && (
        <MenuSection title={t("Your views")} {...ticks}>
          {lines(own)}
        </MenuSection>
      )}
      {shared.length > 0 && (
        <MenuSection title={t("Shared views")} {...ticks}>
          {lines(shared)}
        </MenuSection>
      )}
      <MenuLine />
      <MenuItem icon="plus" onAction={() => open("save")}>
        {t("Save as a new view…")}
      </MenuItem>
      <MenuItem icon="edit" isDisabled={!isMine} onAction={saved.update}>
        {t("Save changes to this view")}
      </MenuItem>
      <MenuItem icon="trash" isDisabled={!isMine} isDanger onAction={() => open("delete")}>
        {t("Delete this view…")}
      </MenuItem>
    </Menu>
  );
}

interface SaveDialogProps {
  readonly canShare: boolean;
  readonly onSave: (name: string, shared: boolean) => void;
  readonly onClose: () => void;
}

function SaveDialog({ canShare, onSave, onClose }: SaveDialogProps) {
  const [name, setName] = useState("");
  const [isShared, setShared] = useState(false);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSave(name.trim(), isShared);
  };
  return (
    <Dialog title={t("Save as a new view")} isOpen onClose={onClose} closeLabel={t("Close")}>
      <Form className="form-stack" onSubmit={submit}>
        <TextField label={t("Name")} value={name} onChange={setName} autoFocus isRequired maxLength={80} />
        {canShare && (
          <Checkbox isSelected={isShared} onChange={setShared}>
            {t("Shared: everyone finds it among the views")}
          </Checkbox>
        )}
        <div className="form-buttons">
          <Button onPress={onClose}>{t("Cancel")}</Button>
          <Button type="submit" variant="primary" isDisabled={name.trim() === ""}>
            {t("Save")}
          </Button>
        </div>
      </Form>
    </Dialog>
  );
}

interface ViewDialogProps {
  readonly view: View;
}

function DeleteDialog({
  view,
  onDelete,
  onClose,
}: ViewDialogProps & { readonly onDelete: () => void; readonly onClose: () => void }) {
  const foot = (
    <>
      <Button onPress={onClose}>{t("Cancel")}</Button>
      <Button variant="danger" onPress={onDelete}>
        {t("Delete")}
      </Button>
    </>
  );
  return (
    <Dialog
      title={t("Delete the view {name}?", { name: view.name })}
      isOpen
      onClose={onClose}
      closeLabel={t("Close")}
      foot={foot}
      role="alertdialog"
    >
      <p>
        {view.shared
          ? t("It disappears for everyone. Studies are not touched.")
          : t("Studies are not touched.")}
      </p>
    </Dialog>
  );
}

function ViewConflict({
  view,
  onTheirs,
  onMine,
}: ViewDialogProps & { readonly onTheirs: () => void; readonly onMine: () => void }) {
  const foot = (
    <>
      <Button onPress={onTheirs}>{t("Show theirs")}</Button>
      <Button variant="primary" onPress={onMine}>
        {t("Save mine")}
      </Button>
    </>
  );
  return (
    <Dialog
      title={t("The view {name} was changed meanwhile", { name: view.name })}
      isOpen
      onClose={onTheirs}
      closeLabel={t("Close")}
      foot={foot}
      role="alertdialog"
    >
      <p>
        {t(
          "Nothing was overwritten. Look at what is saved now, or save your filters, order and columns over it.",
        )}
      </p>
    </Dialog>
  );
}
