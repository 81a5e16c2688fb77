/** The DICOM attributes of an image, to be searched. Everything in them stays text. */
import { useEffect, useMemo, useState } from "react";

import { Dialog, Spinner, TextField } from "../design/index.ts";
import { t, tn } from "../locale/index.ts";
import { keyword } from "./keywords.ts";
import type { Place } from "./pane.ts";
import { metadata, problemOf } from "./server.ts";
import { lines, matching, type TagLine } from "./tagtree.ts";

interface TagsProps {
  readonly place: Place;
  readonly onClose: () => void;
}

/** The dialog of the tag inspector. */
export function TagsDialog({ place, onClose }: TagsProps) {
  const [all, setAll] = useState<TagLine[] | null>(null);
  const [said, setSaid] = useState("");
  const [search, setSearch] = useState("");
  const { study, item } = place;
  useEffect(() => {
    metadata(study, item).then(
      (found) => setAll(lines(found)),
      (error: unknown) => setSaid(problemOf(error).detail || t("The server cannot be reached.")),
    );
  }, [study, item]);
  const found = useMemo(() => matching(all ?? [], search, keyword), [all, search]);
  return (
    <Dialog title={t("DICOM attributes")} isOpen onClose={onClose} closeLabel={t("Close")} isWide>
      <TextField label={t("Search by tag, name or value")} value={search} onChange={setSearch} autoFocus />
      {said && <p className="field-error" role="alert">{said}</p>}
      {!all && !said && <Spinner label={t("Loading")} />}
      {all && <p className="quiet" role="status">{tn("{count} attribute", "{count} attributes", found.length)}</p>}
      {all && <Table found={found} />}
    </Dialog>
  );
}

function Table({ found }: { readonly found: readonly TagLine[] }) {
  return (
    <div className="viewer-tags" tabIndex={0} role="region" aria-label={t("DICOM attributes")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t("Tag")}</th>
            <th scope="col">{t("Name")}</th>
            <th scope="col">VR</th>
            <th scope="col">{t("Value")}</th>
          </tr>
        </thead>
        <tbody>
          {found.map((line, index) => (
            <tr key={index}>
              <td className="numbers">{"› ".repeat(line.depth) + line.tag}</td>
              <td>{keyword(line.tag)}</td>
              <td>{line.vr}</td>
              <td>{line.value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
