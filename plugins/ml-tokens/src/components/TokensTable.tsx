import { parseEntityRef } from '@backstage/catalog-model';
import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import {
  ListTable,
  Pager,
  type ListColumn,
  useSlice,
  Time,
  useMe,
  Wide,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Flex, Link, Text } from '@backstage/ui';
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
  const slice = useSlice(tokens, 20);
  const columns: ListColumn<AccessToken>[] = [
    {
      id: 'name',
      label: t('list.name'),
      isRowHeader: true,
      share: 4,
      cell: token => (
        <Flex direction="column" gap="0.5">
          <Text weight="bold">{token.name}</Text>
          <Text color="secondary" variant="body-small">
            {token.hint}…
          </Text>
        </Flex>
      ),
    },
    {
      id: 'actsAs',
      label: t('list.actsAs'),
      share: 3,
      cell: token => (
        <EntityName
          entityRef={token.owner}
          label={token.owner === me ? t('list.you') : undefined}
        />
      ),
    },
    {
      id: 'scopes',
      label: t('list.scopes'),
      share: 4,
      cell: ({ scopes }) => <Text>{scopes.join(', ')}</Text>,
    },
    {
      id: 'binding',
      label: t('list.binding'),
      share: 3,
      cell: ({ binding }) =>
        binding.model || binding.group ? (
          <Flex direction="column" gap="0.5">
            {[binding.model, binding.group].map(
              ref => ref && <EntityName key={ref} entityRef={ref} />,
            )}
          </Flex>
        ) : (
          <Text color="secondary">{t('list.anything')}</Text>
        ),
    },
    {
      id: 'created',
      label: t('list.created'),
      share: 3,
      cell: ({ createdAt, createdBy }) => (
        <Flex direction="column" gap="0.5">
          <Time at={createdAt} />
          {createdBy !== me && (
            <Text color="secondary" variant="body-small">
              {t('list.by', { person: parseEntityRef(createdBy).name })}
            </Text>
          )}
        </Flex>
      ),
    },
    {
      id: 'expires',
      label: t('list.expires'),
      share: 3,
      cell: ({ expiresAt }) => (
        <time dateTime={expiresAt} title={new Date(expiresAt).toLocaleString()}>
          {new Date(expiresAt).toLocaleDateString(undefined, {
            dateStyle: 'medium',
          })}
        </time>
      ),
    },
    {
      id: 'used',
      label: t('list.used'),
      share: 3,
      cell: ({ lastUsedAt }) =>
        lastUsedAt ? (
          <Time at={lastUsedAt} />
        ) : (
          <Text color="secondary">{t('list.never')}</Text>
        ),
    },
    {
      id: 'state',
      label: t('list.state'),
      share: 4,
      cell: token => <TokenState token={token} />,
    },
    {
      id: 'act',
      label: t('list.act'),
      share: 3,
      cell: token =>
        token.state === 'active' && (
          <Button
            size="small"
            variant="secondary"
            aria-label={t('list.revokeName', { name: token.name })}
            onPress={() => onRevoke(token)}
          >
            {t('list.revoke')}
          </Button>
        ),
    },
  ];
  return (
    <Flex direction="column" gap="3">
      <Wide width={1100}>
        <ListTable
          label={t('list.caption')}
          columns={columns}
          items={slice.items}
          keyOf={({ id }) => id}
        />
      </Wide>
      <Pager
        pages={slice}
        of={` ${t('list.ofPages', { pages: String(slice.pages) })}`}
      />
    </Flex>
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
