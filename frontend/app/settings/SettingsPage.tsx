/** The settings of a person: look, keys, mouse, screens. */
import { type Choice, Icon, RadioCards, Tabs } from "../../design/index.ts";
import { type Language, LANGUAGES, t } from "../../locale/index.ts";
import { currentTheme, type Theme, useLanguage } from "../appearance.ts";
import { LANGUAGE_NAMES } from "../languages.ts";
import { PageHeading } from "../PageHeading.tsx";
import { usePreferences } from "../preferences.ts";
import { navigate, ROOT, useSearch } from "../router.ts";
import { chooseLanguage, chooseTheme } from "../UserMenu.tsx";
import { Calibration } from "./Calibration.tsx";
import { KeySettings } from "./KeySettings.tsx";
import { MouseSettings } from "./MouseSettings.tsx";

const PARTS = ["look", "keys", "mouse", "screen"] as const;
type Part = (typeof PARTS)[number];

/** The page; the part is in the address, "?part=screen", so that the viewer can lead there. */
export default function SettingsPage() {
  const wanted = new URLSearchParams(useSearch()).get("part");
  const part: Part = PARTS.find((one) => one === wanted) ?? "look";
  return (
    <main className="page settings">
      <PageHeading title={t("Settings")} />
      <Tabs<Part>
        label={t("Settings")}
        selected={part}
        onSelect={(id) => navigate(`${ROOT}settings?part=${id}`, { replace: true })}
        parts={[
          { id: "look", title: t("Language and theme"), content: <Look /> },
          { id: "keys", title: t("Keyboard"), content: <KeySettings /> },
          { id: "mouse", title: t("Mouse"), content: <MouseSettings /> },
          { id: "screen", title: t("Screen size"), content: <Calibration /> },
        ]}
      />
    </main>
  );
}

function Look() {
  const now = useLanguage();
  usePreferences();
  const languages: readonly Choice<Language>[] = LANGUAGES.map((id) => ({ id, label: LANGUAGE_NAMES[id] }));
  const themes: readonly Choice<Theme>[] = [
    { id: "dark", label: t("Dark"), note: t("For reading images"), icon: <Icon name="moon" /> },
    { id: "light", label: t("Light"), note: t("For the office"), icon: <Icon name="sun" /> },
  ];
  return (
    <div className="form-stack">
      <RadioCards label={t("Language")} choices={languages} value={now} onChange={chooseLanguage} />
      <RadioCards label={t("Theme")} choices={themes} value={currentTheme()} onChange={chooseTheme} />
      <p className="quiet">{t("These hold wherever you sign in.")}</p>
    </div>
  );
}
