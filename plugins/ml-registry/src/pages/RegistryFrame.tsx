import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container, Flex, Header } from '@backstage/ui';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';

/** The frame of the pages below `/models`: title, the three tabs, actions. */
export function RegistryFrame(props: {
  title: string;
  description?: string;
  tab: 'models' | 'runs' | 'approvals';
  actions?: ReactNode;
  children: ReactNode;
}) {
  const { title, description, tab, actions, children } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <>
      <Header
        title={title}
        description={description}
        customActions={actions}
        activeTabId={tab}
        tabs={[
          { id: 'models', label: t('nav.models'), href: paths.models },
          { id: 'runs', label: t('nav.runs'), href: paths.runs },
          { id: 'approvals', label: t('nav.approvals'), href: paths.approvals },
        ]}
      />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          {children}
        </Flex>
      </Container>
    </>
  );
}
