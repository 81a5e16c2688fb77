/** Help: the keys, the search language, and where the documentation is. */
import { Tabs } from "../../design/index.ts";
import { t } from "../../locale/index.ts";
import { KeyTable, listKeys } from "../KeySheet.tsx";
import { PageHeading } from "../PageHeading.tsx";
import { useAllActions } from "../settings/KeySettings.tsx";
import { searchExamples } from "../worklist/SearchBox.tsx";

/** The page. */
export default function HelpPage() {
  return (
    <main className="page help">
      <PageHeading title={t("Help")} />
      <Tabs
        label={t("Help")}
        parts={[
          { id: "keys", title: t("Keyboard"), content: <HelpKeys /> },
          { id: "search", title: t("Search"), content: <HelpSearch /> },
          { id: "states", title: t("Reading together"), content: <HelpReading /> },
        ]}
      />
    </main>
  );
}

function HelpKeys() {
  const actions = useAllActions();
  return (
    <div className="form-stack">
      <p className="quiet">
        {t("Every key can be changed in the settings. The key ? shows those of the page one is on.")}
      </p>
      <KeyTable level={2} actions={[...actions, ...listKeys()]} />
    </div>
  );
}

function HelpSearch() {
  return (
    <div className="form-stack">
      <p className="quiet">
        {t(
          "One box finds everything. All words must be found, in any order; capitals and accents do not matter.",
        )}
      </p>
      <dl className="card examples">
        {searchExamples().map(([example, meaning]) => (
          <div key={example}>
            <dt>
              <code>{example}</code>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function HelpReading() {
  const points = [
    t(
      "Whoever opens a study reads it: others see their name beside it. It is given back when the study is left, or ten minutes after its reader was last heard of.",
    ),
    t("A study that someone reads can be taken over. Both are told."),
    t(
      "Status, priority and comment are saved as soon as they are changed. When someone else changed the same study meanwhile, both versions are shown, and nothing is overwritten unasked.",
    ),
    t("Views keep filters, order and columns. A shared view is seen by everyone; only its owner changes it."),
  ];
  return (
    <ul className="card help-points">
      {points.map((point) => (
        <li key={point}>{point}</li>
      ))}
    </ul>
  );
}
