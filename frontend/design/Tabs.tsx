/** Tabs: panels of which one shows. */
import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components";

/** One tab and its panel. */
export interface TabPart<Id extends string = string> {
  readonly id: Id;
  readonly title: string;
  readonly content: ReactNode;
}

export interface TabsProps<Id extends string> {
  readonly label: string;
  readonly parts: readonly TabPart<Id>[];
  readonly selected?: Id;
  readonly onSelect?: (id: Id) => void;
}

/** A row of tabs above its panel. */
export function Tabs<Id extends string>({ label, parts, selected, onSelect }: TabsProps<Id>) {
  const chosen = selected === undefined ? {} : { selectedKey: selected };
  return (
    <AriaTabs className="tabs" {...chosen} onSelectionChange={(key) => onSelect?.(key as Id)}>
      <TabList className="tab-list" aria-label={label}>
        {parts.map((part) => (
          <Tab key={part.id} id={part.id} className="tab">
            {part.title}
          </Tab>
        ))}
      </TabList>
      {parts.map((part) => (
        <TabPanel key={part.id} id={part.id} className="tab-panel">
          {part.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
