import type { ReactNode } from 'react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Container, Flex, Header } from '@backstage/ui';
import { useAdministrates } from './hooks/useAdministrates';
import { useWaitingForMe } from './hooks/useWaitingForMe';
import { paths } from './paths';
import { mlRegistryTranslationRef } from './translation';

/** The frame of the pages below `/models`: title, the tabs, actions. */
export function RegistryFrame(props: {
  title: string;
  description?: string;
  tab:
    | 'models'
    | 'versions'
    | 'runs'
    | 'approvals'
    | 'ledger'
    | 'garbage'
    | 'webhooks'
    | 'import';
  actions?: ReactNode;
  children: ReactNode;
}) {
  const { title, description, tab, actions, children } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const administrates = useAdministrates();
  const waiting = useWaitingForMe();
  const approvals = t('nav.approvals');
  return (
    <>
      <Header
        title={title}
        description={description}
        customActions={actions}
        activeTabId={tab}
        tabs={[
          { id: 'models', label: t('nav.models'), href: paths.models },
          {
            id: 'versions',
            label: t('nav.versions'),
            href: paths.versions,
          },
          { id: 'runs', label: t('nav.runs'), href: paths.runs },
          {
            id: 'approvals',
            label: waiting
              ? t('governance.tabCount', {
                  approvals,
                  waiting: String(waiting),
                })
              : approvals,
            href: paths.approvals,
          },
          { id: 'ledger', label: t('ledger.nav'), href: paths.ledger() },
          { id: 'webhooks', label: t('webhooks.title'), href: paths.webhooks },
          ...(administrates
            ? [
                {
                  id: 'import',
                  label: t('imports.title'),
                  href: paths.imports,
                },
                {
                  id: 'garbage',
                  label: t('garbage.title'),
                  href: paths.garbage,
                },
              ]
            : []),
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
