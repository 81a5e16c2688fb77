/** Signing in: the page when nobody is there, and the dialog over work when a session has ended. */
import { type FormEvent, type ReactNode, useState } from "react";
import { Form } from "react-aria-components";

import { Problem } from "../api/client.ts";
import { Button, Dialog, Mark, ProblemNote, TextField } from "../design/index.ts";
import { type Language, LANGUAGES, t } from "../locale/index.ts";
import { applyLanguage, useLanguage } from "./appearance.ts";
import { LANGUAGE_NAMES } from "./languages.ts";
import { PageHeading } from "./PageHeading.tsx";
import { told } from "./problems.ts";
import { leave, signIn, useSession } from "./session.ts";

function wordsOf(error: unknown): string {
  if (error instanceof Problem && error.status === 401) return t("The name or the password is wrong.");
  if (error instanceof Problem && error.status === 503)
    return t("Too many attempts failed. Wait a minute, then try again.");
  return told(error).title;
}

/** Name, password and the button; `fixedName` when only one person can go on. */
function SignInForm({ fixedName, extra }: { readonly fixedName?: string; readonly extra?: ReactNode }) {
  const [name, setName] = useState(fixedName ?? "");
  const [password, setPassword] = useState("");
  const [failure, setFailure] = useState("");
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setFailure("");
    try {
      await signIn(name, password);
    } catch (error) {
      setFailure(wordsOf(error));
      setPassword("");
    } finally {
      setBusy(false);
    }
  };

  return (
    <Form className="sign-in-form" onSubmit={(event) => void submit(event)}>
      {failure && <ProblemNote title={failure} />}
      <TextField
        label={t("Name")}
        value={name}
        onChange={setName}
        autoComplete="username"
        isReadOnly={fixedName !== undefined}
        autoFocus={fixedName === undefined}
        isRequired
        maxLength={200}
      />
      <TextField
        label={t("Password")}
        type="password"
        value={password}
        onChange={setPassword}
        autoComplete="current-password"
        autoFocus={fixedName !== undefined}
        isRequired
        maxLength={1000}
      />
      <div className="sign-in-buttons">
        {extra}
        <Button type="submit" variant="primary" isPending={isBusy}>
          {t("Sign in")}
        </Button>
      </div>
    </Form>
  );
}

/** The languages, each in its own words. */
function LanguageRow() {
  const now = useLanguage();
  return (
    <div className="sign-in-languages">
      {LANGUAGES.map((one: Language) => (
        <Button
          key={one}
          variant="plain"
          size="small"
          aria-pressed={one === now}
          onPress={() => void applyLanguage(one)}
        >
          <span lang={one}>{LANGUAGE_NAMES[one]}</span>
        </Button>
      ))}
    </div>
  );
}

/** The page that stands before everything else. */
export function SignInPage() {
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-brand">
          <Mark />
          <PageHeading title={t("Sign in")} className="sign-in-title">
            Radiotheque
          </PageHeading>
          <p className="quiet">{t("The hospital's X-ray archive and reading room")}</p>
        </div>
        <SignInForm />
      </div>
      <LanguageRow />
    </main>
  );
}

/** The dialog over a session that ended: the page beneath is kept, and cannot be read through it. */
export function SessionDialog() {
  const { phase, session } = useSession();
  if (phase !== "ended" || session === null) return null;
  const other = (
    <Button variant="plain" onPress={() => void leave()}>
      {t("Someone else")}
    </Button>
  );
  return (
    <Dialog title={t("Your session has ended")} isOpen onClose={() => undefined} isBlurred role="alertdialog">
      <p className="quiet">{t("Nothing is lost. Sign in again, and what you were doing goes on.")}</p>
      <SignInForm fixedName={session.name} extra={other} />
    </Dialog>
  );
}
