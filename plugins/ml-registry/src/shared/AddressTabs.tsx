import type { ReactNode } from 'react';
import { Flex, Tab, TabList, TabPanel, Tabs } from '@backstage/ui';
import { useTab } from './hooks/useTab';

/** Tabs of which the address carries the open one; only that one is drawn, and so only that one fetches. */
export function AddressTabs<T extends string>(props: {
  /** In their order; the first is open unless the address says otherwise. */
  tabs: readonly T[];
  label: (tab: T) => string;
  children: (tab: T) => ReactNode;
}) {
  const { tabs, label, children } = props;
  const [tab, open] = useTab(tabs);
  return (
    <Tabs selectedKey={tab} onSelectionChange={open}>
      <TabList>
        {tabs.map(each => (
          <Tab key={each} id={each}>
            {label(each)}
          </Tab>
        ))}
      </TabList>
      {tabs.map(each => (
        <TabPanel key={each} id={each}>
          {each === tab && (
            <Flex direction="column" gap="4" pt="4">
              {children(each)}
            </Flex>
          )}
        </TabPanel>
      ))}
    </Tabs>
  );
}
