import { useState } from 'react';
import { useApi } from '@backstage/frontend-plugin-api';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import { Button, Flex, Text } from '@backstage/ui';
import type { DatasetGrant } from '@downstage/plugin-ml-data-common';
import {
  ConfirmDialog,
  Frame,
  PlainTable,
  StatusBadge,
  type Tone,
} from '@downstage/react';
import { mlDataApiRef } from '../shared/api';
import { usePages } from '../shared/usePages';
import { useWords } from '../shared/useWords';
import { GrantDialog } from './GrantDialog';

const tones: Record<DatasetGrant['state'], Tone> = {
  active: 'ok',
  ended: 'neutral',
  revoked: 'error',
};

/** Who may read besides the owner; for owners, who give rights here and take them back. */
export function GrantsList(props: {
  path: { namespace: string; name: string };
}) {
  const t = useWords();
  const { path } = props;
  const api = useApi(mlDataApiRef);
  const [giving, setGiving] = useState(false);
  const [revoking, setRevoking] = useState<DatasetGrant>();
  const loaded = usePages(
    (cursor, signal) =>
      api.listDatasetGrants(
        { params: path, query: { limit: 20, cursor } },
        { signal },
      ),
    [path.namespace, path.name],
    { pollMs: 60_000 },
  );
  return (
    <Flex direction="column" gap="3">
      <Flex justify="between" align="center" gap="2">
        <Text as="h3" variant="title-x-small">
          {t('access.grants')}
        </Text>
        <Button variant="secondary" onPress={() => setGiving(true)}>
          {t('access.give')}
        </Button>
      </Flex>
      <Frame
        value={loaded}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('access.emptyTitle'),
          description: t('access.emptyText'),
        }}
      >
        {({ items, nextCursor }) => (
          <>
            <Grants grants={items} onRevoke={setRevoking} />
            {nextCursor && (
              <Button variant="secondary" onPress={loaded.more}>
                {t('list.more')}
              </Button>
            )}
          </>
        )}
      </Frame>
      {giving && (
        <GrantDialog
          path={path}
          onClose={() => setGiving(false)}
          onDone={() => {
            setGiving(false);
            loaded.retry();
          }}
        />
      )}
      {revoking && (
        <ConfirmDialog
          title={t('access.revokeTitle', { group: revoking.group })}
          text={t('access.revokeText')}
          words={{
            confirm: t('access.revoke'),
            cancel: t('access.keep'),
            failed: t('access.revokeFailed'),
          }}
          destructive
          change={() =>
            api.revokeDatasetGrant({ params: { ...path, id: revoking.id } })
          }
          onClose={() => setRevoking(undefined)}
          onDone={() => {
            setRevoking(undefined);
            loaded.retry();
          }}
        />
      )}
    </Flex>
  );
}

function Grants(props: {
  grants: DatasetGrant[];
  onRevoke: (grant: DatasetGrant) => void;
}) {
  const t = useWords();
  return (
    <PlainTable
      caption={t('access.grants')}
      columns={[
        t('access.group'),
        t('access.purpose'),
        t('access.until'),
        t('access.state'),
        t('access.by'),
        '',
      ]}
      rows={props.grants.map(grant => ({
        key: grant.id,
        cells: [
          <EntityRefLink entityRef={grant.group} />,
          grant.purpose,
          grant.until.slice(0, 10),
          <StatusBadge
            tone={tones[grant.state]}
            label={t(`access.${grant.state}`)}
          />,
          <EntityRefLink entityRef={grant.createdBy} />,
          grant.state === 'active' && (
            <Button
              variant="secondary"
              size="small"
              aria-label={t('access.revokeOf', { group: grant.group })}
              onPress={() => props.onRevoke(grant)}
            >
              {t('access.revoke')}
            </Button>
          ),
        ],
      }))}
    />
  );
}
