import { parseEntityRef } from '@backstage/catalog-model';
import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import { Time, useMe, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Button,
  Cell,
  Flex,
  Link,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { mlTokensTranslationRef } from '../translation';
import { TokenState } from './TokenState';

/** Tokens without their secrets, the newest first. */
export function TokensTable(props: {
  tokens: readonly AccessToken[];
  onRevoke: (token: AccessToken) => void;
}) {
  const { tokens, onRevoke } = props;
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const me = useMe()?.userEntityRef;
  const columns: ColumnConfig<AccessToken>[] = [
    {
      id: 'name',
      label: t('list.name'),
      isRowHeader: true,
      defaultWidth: '4fr',
      cell: token => (
        <Cell>
          <Flex direction="column" gap="0.5">
            <Text weight="bold">{token.name}</Text>
            <Text color="secondary" variant="body-small">
              {token.hint}…
            </Text>
          </Flex>
        </Cell>
      ),
    },
    {
      id: 'actsAs',
      label: t('list.actsAs'),
      defaultWidth: '3fr',
      cell: token => (
        <Cell>
          <EntityName
            entityRef={token.owner}
            label={token.owner === me ? t('list.you') : undefined}
          />
        </Cell>
      ),
    },
    {
      id: 'scopes',
      label: t('list.scopes'),
      defaultWidth: '4fr',
      cell: ({ scopes }) => (
        <Cell>
          <Text>{scopes.join(', ')}</Text>
        </Cell>
      ),
    },
    {
      id: 'binding',
      label: t('list.binding'),
      defaultWidth: '3fr',
      cell: ({ binding }) => (
        <Cell>
          {binding.model || binding.group ? (
            <Flex direction="column" gap="0.5">
              {[binding.model, binding.group].map(
                ref => ref && <EntityName key={ref} entityRef={ref} />,
              )}
            </Flex>
          ) : (
            <Text color="secondary">{t('list.anything')}</Text>
          )}
        </Cell>
      ),
    },
    {
      id: 'created',
      label: t('list.created'),
      defaultWidth: '3fr',
      cell: ({ createdAt, createdBy }) => (
        <Cell>
          <Flex direction="column" gap="0.5">
            <Time at={createdAt} />
            {createdBy !== me && (
              <Text color="secondary" variant="body-small">
                {t('list.by', { person: parseEntityRef(createdBy).name })}
              </Text>
            )}
          </Flex>
        </Cell>
      ),
    },
    {
      id: 'expires',
      label: t('list.expires'),
      defaultWidth: '3fr',
      cell: ({ expiresAt }) => (
        <Cell>
          <time
            dateTime={expiresAt}
            title={new Date(expiresAt).toLocaleString()}
          >
            {new Date(expiresAt).toLocaleDateString(undefined, {
              dateStyle: 'medium',
            })}
          </time>
        </Cell>
      ),
    },
    {
      id: 'used',
      label: t('list.used'),
      defaultWidth: '3fr',
      cell: ({ lastUsedAt }) => (
        <Cell>
          {lastUsedAt ? (
            <Time at={lastUsedAt} />
          ) : (
            <Text color="secondary">{t('list.never')}</Text>
          )}
        </Cell>
      ),
    },
    {
      id: 'state',
      label: t('list.state'),
      defaultWidth: '4fr',
      cell: token => (
        <Cell>
          <TokenState token={token} />
        </Cell>
      ),
    },
    {
      id: 'act',
      label: t('list.act'),
      defaultWidth: '3fr',
      cell: token => (
        <Cell>
          {token.state === 'active' && (
            <Button
              size="small"
              variant="secondary"
              aria-label={t('list.revokeName', { name: token.name })}
              onPress={() => onRevoke(token)}
            >
              {t('list.revoke')}
            </Button>
          )}
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<AccessToken>({
    mode: 'complete',
    data: [...tokens],
    paginationOptions: { pageSize: 20 },
  });
  return (
    <Wide width={1100}>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}

function EntityName(props: { entityRef: string; label?: string }) {
  const { kind, namespace, name } = parseEntityRef(props.entityRef);
  return (
    <Link
      href={`/catalog/${namespace}/${kind.toLowerCase()}/${name}`}
      title={props.entityRef}
    >
      {props.label ?? name}
    </Link>
  );
}
