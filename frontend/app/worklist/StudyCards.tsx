/** The worklist on a narrow screen: a card a study, the same keys. */
import { useState } from "react";
import {
  Collection,
  GridList,
  GridListItem,
  GridListLoadMoreItem,
  ListLayout,
  Virtualizer,
} from "react-aria-components";

import { IconButton, Spinner } from "../../design/index.ts";
import { format, t } from "../../locale/index.ts";
import { useLanguage } from "../appearance.ts";
import { formatDay } from "../dates.ts";
import type { Row } from "../model.ts";
import {
  ageAndSex,
  Modalities,
  nameOf,
  PriorityBadge,
  readerWords,
  StatusBadge,
  studyTitle,
} from "./labels.tsx";
import { rowOf, selectedStudies, type StudyListProps } from "./StudyTable.tsx";

/** Height of a card in CSS pixels: four lines. */
const CARD_HEIGHT = 128;

interface StudyCardsProps extends StudyListProps {
  /** Asked for all of a study, and for what may be changed of it. */
  readonly onDetails: (row: Row) => void;
}

/** The list of cards. */
export function StudyCards(props: StudyCardsProps) {
  const { worklist, me, selected, onSelect, onOpen, scroller, empty } = props;
  const [options] = useState({ rowHeight: CARD_HEIGHT, gap: 8, padding: 12, loaderHeight: 48 });
  const language = useLanguage();
  return (
    <div className="study-table-box" onFocus={(event) => props.onFocusRow(rowOf(event.target))}>
      <Virtualizer layout={ListLayout} layoutOptions={options}>
        <GridList
          ref={scroller}
          className="study-cards"
          aria-label={t("Studies")}
          selectionMode="multiple"
          selectionBehavior="replace"
          selectedKeys={selected}
          onSelectionChange={(keys) => onSelect(selectedStudies(keys, worklist.rows))}
          onAction={(key) => onOpen(String(key))}
          renderEmptyState={empty}
        >
          <Collection items={worklist.rows as Row[]} dependencies={[me, language]}>
            {(row) => (
              <GridListItem
                id={row.study}
                className="study-card"
                textValue={nameOf(row)}
                data-priority={row.priority}
              >
                <StudyCard row={row} me={me} />
                <IconButton
                  icon="more"
                  className="study-card-more"
                  label={t("Details: {name}", { name: nameOf(row) })}
                  onPress={() => props.onDetails(row)}
                />
              </GridListItem>
            )}
          </Collection>
          {worklist.next !== "" && (
            <GridListLoadMoreItem
              className="study-more"
              onLoadMore={worklist.loadMore}
              isLoading={worklist.isLoadingMore}
            >
              <Spinner label={t("Loading more")} />
            </GridListLoadMoreItem>
          )}
        </GridList>
      </Virtualizer>
    </div>
  );
}

function StudyCard({ row, me }: { readonly row: Row; readonly me: string }) {
  const when = [formatDay(row.date), row.time && format.time(row.time)].filter(Boolean).join(", ");
  return (
    <div className="study-card-body">
      <p className="study-card-name one-line">{nameOf(row)}</p>
      <p className="cell-second one-line numbers">
        {[row.patient.id, ageAndSex(row)].filter(Boolean).join(" · ")}
      </p>
      <p className="one-line">
        <Modalities codes={row.modalities} /> {studyTitle(row)}
      </p>
      <p className="study-card-foot">
        <StatusBadge row={row} />
        {row.reader && <span className="cell-second one-line">{readerWords(row.reader, me)}</span>}
        {row.priority !== "routine" && <PriorityBadge priority={row.priority} />}
        <span className="cell-second numbers">{when}</span>
      </p>
    </div>
  );
}
