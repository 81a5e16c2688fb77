/** Saved views: a person's own and shared ones, each a name for filters, order and columns. */
import { type FormEvent, useEffect, useState } from "react";
import { Button as AriaButton, Form } from "react-aria-components";

import { Problem } from "../../api/client.ts";
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
  toast,
} from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import type { View } from "../model.ts";
import { told } from "../problems.ts";
import { askViews, createView, deleteView, replaceView, type ViewDraft } from "./asking.ts";
import { type Asked, sameAsked, USUAL } from "./query.ts";

export interface ViewsProps {
  readonly asked: Asked;
  /** Columns chosen, [] for the usual ones. */
  readonly columns: readonly string[];
  readonly me: string;
  readonly onShow: (asked: Asked, columns: readonly string[]) => void;
}

const askedOf = (view: View): Asked => ({
  query: view.query,
  sort: view.sort || USUAL.sort,
  order: view.order || USUAL.order,
});

/** The views known, and the one that was chosen last. */
function useViews() {
  const [views, setViews] = useState<readonly View[]>([]);
  const [chosen, setChosen] = useState("");
  const load = (): Promise<void> => askViews().then(setViews);
  useEffect(() => void load().catch(() => undefined), []);
  return { views, load, chosen: views.find((view) => String(view.id) === chosen) ?? null, setChosen };
}

/** The name of the view that shows, and the menu of all. */
export function Views({ asked, columns, me, onShow }: ViewsProps) {
  const { views, load, chosen, setChosen } = useViews();
  const [dialog, setDialog] = useState<"" | "save" | "delete" | "conflict">("");
  const isChanged = chosen !== null && !sameAsked(askedOf(chosen), asked);
  const draft = (name: string, shared: boolean): ViewDraft => ({ name, shared, ...asked, columns });

  const show = (id: string): void => {
    const view = views.find((one) => String(one.id) === id);
    setChosen(view ? id : "");
    onShow(view ? askedOf(view) : USUAL, view?.columns ?? []);
  };
  const attempt = async (deed: () => Promise<unknown>, done: string): Promise<void> => {
    setDialog("");
    try {
      await deed();
      toast(done);
    } catch (error) {
      if (error instanceof Problem && error.isConflict) setDialog("conflict");
      else toast(told(error).title, { tone: "problem" });
    }
    await load().catch(() => undefined);
  };
  const create = (name: string, shared: boolean): Promise<void> =>
    attempt(async () => {
      const view = await createView(draft(name, shared));
      setChosen(String(view.id));
    }, t("View saved"));
  const update = (view: View): Promise<void> =>
    attempt(() => replaceView({ ...view, ...draft(view.name, view.shared) }), t("View saved"));
  const remove = (view: View): Promise<void> =>
    attempt(async () => {
      await deleteView(view);
      show("");
    }, t("View deleted"));

  const showTheirs = (): void => {
    setDialog("");
    if (chosen) show(String(chosen.id));
  };

  return (
    <>
      <ViewMenu
        views={views}
        chosen={chosen}
        me={me}
        isChanged={isChanged}
        onShow={show}
        onDo={(deed) => (deed === "update" ? chosen && void update(chosen) : setDialog(deed))}
      />
      {dialog === "save" && (
        <SaveDialog onSave={(name, shared) => void create(name, shared)} onClose={() => setDialog("")} />
      )}
      {dialog === "delete" && chosen && (
        <DeleteDialog view={chosen} onDelete={() => void remove(chosen)} onClose={() => setDialog("")} />
      )}
      {dialog === "conflict" && chosen && (
        <ViewConflict view={chosen} onTheirs={showTheirs} onMine={() => void update(chosen)} />
      )}
    </>
  );
}

interface ViewMenuProps {
  readonly views: readonly View[];
  readonly chosen: View | null;
  readonly me: string;
  readonly isChanged: boolean;
  readonly onShow: (id: string) => void;
  readonly onDo: (deed: "save" | "update" | "delete") => void;
}

function ViewMenu({ views, chosen, me, isChanged, onShow, onDo }: ViewMenuProps) {
  const isMine = chosen !== null && chosen.owner === me;
  const selected = [chosen === null ? "all" : String(chosen.id)];
  const choose = (keys: ReadonlySet<string>): void => onShow([...keys][0] ?? "");
  const trigger = (
    <AriaButton
      className="button view-button"
      aria-label={t("View: {name}", { name: chosen?.name ?? t("All studies") })}
    >
      <Icon name="view" />
      <span className="one-line">{chosen?.name ?? t("All studies")}</span>
      {isChanged && <span className="view-changed">{t("changed")}</span>}
      <Icon name="down" />
    </AriaButton>
  );
  const part = (title: string, list: readonly View[]) =>
    list.length > 0 && (
      <MenuSection title={title} mode="single" selected={selected} onSelect={choose} isFree>
        {list.map((view) => (
          <MenuItem
            key={view.id}
            id={String(view.id)}
            note={view.owner === me ? undefined : t("by {name}", { name: view.owner })}
          >
            {view.name}
          </MenuItem>
        ))}
      </MenuSection>
    );
  return (
    <Menu trigger={trigger} label={t("Views")}>
      <MenuSection title={t("Views")} mode="single" selected={selected} onSelect={choose} isFree>
        <MenuItem id="all">{t("All studies")}</MenuItem>
      </MenuSection>
      {part(
        t("Your views"),
        views.filter((view) => view.owner === me && !view.shared),
      )}
      {part(
        t("Shared views"),
        views.filter((view) => view.shared),
      )}
      <MenuLine />
      <MenuItem icon="plus" onAction={() => onDo("save")}>
        {t("Save as a new view…")}
      </MenuItem>
      <MenuItem icon="edit" isDisabled={!isMine} onAction={() => onDo("update")}>
        {t("Save changes to this view")}
      </MenuItem>
      <MenuItem icon="trash" isDisabled={!isMine} isDanger onAction={() => onDo("delete")}>
        {t("Delete this view…")}
      </MenuItem>
    </Menu>
  );
}

function SaveDialog({
  onSave,
  onClose,
}: {
  readonly onSave: (name: string, shared: boolean) => void;
  readonly onClose: () => void;
}) {
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
        <Checkbox isSelected={isShared} onChange={setShared}>
          {t("Shared: everyone finds it among the views")}
        </Checkbox>
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
