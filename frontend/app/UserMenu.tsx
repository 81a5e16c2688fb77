/** The menu of the signed-in person: language, theme, settings, sign out. */
import { Button as AriaButton } from "react-aria-components";

import { Icon, Menu, MenuItem, MenuLine, MenuSection } from "../design/index.ts";
import { type Language, LANGUAGES, t } from "../locale/index.ts";
import { applyLanguage, applyTheme, currentTheme, type Theme, useLanguage } from "./appearance.ts";
import { openKeySheet } from "./KeySheet.tsx";
import { LANGUAGE_NAMES } from "./languages.ts";
import { initials } from "./names.ts";
import { updatePreferences, usePreferences } from "./preferences.ts";
import { ROOT } from "./router.ts";
import { leave, useSession } from "./session.ts";

/** Choose a language: at once here, and everywhere this person signs in. */
export function chooseLanguage(next: Language): void {
  void applyLanguage(next);
  updatePreferences({ language: next });
}

/** Choose a theme: at once here, and everywhere this person signs in. */
export function chooseTheme(next: Theme): void {
  applyTheme(next);
  updatePreferences({ theme: next });
}

const first = (keys: ReadonlySet<string>): string => [...keys][0] ?? "";

/** The round button with the person's initials, and its menu. */
export function UserMenu() {
  const { session } = useSession();
  const now = useLanguage();
  usePreferences();
  if (session === null) return null;
  const trigger = (
    <AriaButton className="user-button" aria-label={t("Signed in as {name}: menu", { name: session.name })}>
      <span className="user-initials" aria-hidden="true">
        {initials(session.name.replace(/[.\s_-]+/, "^")) || <Icon name="person" />}
      </span>
    </AriaButton>
  );
  return (
    <Menu trigger={trigger} label={t("Your menu")} placement="bottom end">
      <MenuSection
        title={t("Language")}
        mode="single"
        selected={[now]}
        onSelect={(keys) => chooseLanguage(first(keys) as Language)}
      >
        {LANGUAGES.map((one) => (
          <MenuItem key={one} id={one}>
            {LANGUAGE_NAMES[one]}
          </MenuItem>
        ))}
      </MenuSection>
      <MenuSection
        title={t("Theme")}
        mode="single"
        selected={[currentTheme()]}
        onSelect={(keys) => chooseTheme(first(keys) as Theme)}
      >
        <MenuItem id="dark">{t("Dark, for reading")}</MenuItem>
        <MenuItem id="light">{t("Light, for the office")}</MenuItem>
      </MenuSection>
      <MenuLine />
      <MenuItem icon="settings" href={`${ROOT}settings`}>
        {t("Settings")}
      </MenuItem>
      <MenuItem icon="keyboard" onAction={openKeySheet}>
        {t("Keyboard")}
      </MenuItem>
      <MenuItem icon="help" href={`${ROOT}help`}>
        {t("Help")}
      </MenuItem>
      <MenuLine />
      <MenuItem icon="leave" onAction={() => void leave()}>
        {t("Sign out")}
      </MenuItem>
    </Menu>
  );
}
