import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Alert, Flex } from '@backstage/ui';
import type { DatasetAccess } from '@downstage/plugin-ml-data-common';
import { Facts, Frame, Section, StatusBadge, useLoad } from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { GrantsList } from './GrantsList';
import { useDatasetPath } from '../shared/useDatasetPath';
import { useWords } from '../shared/useWords';

/** Whether the reader of the page may read the data, by which right or whom to ask; and the grants, for owners. */
export function AccessCard() {
  const t = useWords();
  const { path } = useDatasetPath();
  const api = useApi(mlDataApiRef);
  const loaded = useLoad(
    signal => api.getDatasetAccess({ params: path }, { signal }),
    [path.namespace, path.name],
    { pollMs: 60_000 },
  );
  return (
    <Section title={t('access.title')}>
      <Frame value={loaded}>
        {access => (
          <Flex direction="column" gap="4">
            <Facts
              facts={[
                {
                  label: t('datasets.classification'),
                  value: access.classification ?? t('access.unclassified'),
                },
                {
                  label: t('datasets.owner'),
                  value: access.owner ? (
                    <EntityRefLink entityRef={access.owner} />
                  ) : (
                    '–'
                  ),
                },
                {
                  label: t('access.reading'),
                  value: (
                    <StatusBadge
                      tone={access.mayRead ? 'ok' : 'warning'}
                      label={t(access.mayRead ? 'access.yes' : 'access.no')}
                    />
                  ),
                },
                ...(access.mayRead
                  ? [{ label: t('access.right'), value: <Right of={access} /> }]
                  : []),
              ]}
            />
            {!access.mayRead && (
              <Alert
                status="info"
                title={t('access.needed')}
                description={access.message}
              />
            )}
            {access.mayGrant && <GrantsList path={path} />}
          </Flex>
        )}
      </Frame>
    </Section>
  );
}

function Right({ of: { because } }: { of: DatasetAccess }) {
  const t = useWords();
  switch (because) {
    case 'open':
      return <>{t('access.becauseOpen')}</>;
    case 'owner':
      return <>{t('access.becauseOwner')}</>;
    case 'grant':
      return <>{t('access.becauseGrant')}</>;
    default:
      return <>{because ?? '–'}</>;
  }
}
