import { useState } from 'react';
import { useSearchParams } from 'react-router-dom';
import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import { collectItems } from '@downstage/common';
import { Frame, useLoad } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Container, Flex, Switch, Text } from '@backstage/ui';
import { mlTokensApiRef } from '../api';
import { CreateTokenDialog } from '../components/CreateTokenDialog';
import { RevokeTokenDialog } from '../components/RevokeTokenDialog';
import { TokensTable } from '../components/TokensTable';
import { mlTokensTranslationRef } from '../translation';

/** One's own tokens and those of one's groups. `?new` opens the dialog that makes one, `?ended` shows all. */
export function TokensPage() {
  const api = useApi(mlTokensApiRef);
  const { t } = useTranslationRef(mlTokensTranslationRef);
  const [search, setSearch] = useSearchParams();
  const [revoking, setRevoking] = useState<AccessToken>();
  const loaded = useLoad(
    async signal => {
      const [first, scopes] = await Promise.all([
        api.listTokens({ query: {} }, { signal }),
        api.listScopes({}, { signal }),
      ]);
      const items = await collectItems(async cursor =>
        cursor ? api.listTokens({ query: { cursor } }, { signal }) : first,
      );
      return { ...first, items, scopes: scopes.items };
    },
    [api],
  );
  const ended = search.has('ended');
  const set = (key: string, on: boolean) =>
    setSearch(
      before => {
        const next = new URLSearchParams(before);
        if (on) next.set(key, '');
        else next.delete(key);
        return next;
      },
      { replace: true },
    );
  const create = (
    <Button variant="primary" onPress={() => set('new', true)}>
      {t('page.create')}
    </Button>
  );
  const shown = (items: AccessToken[]) =>
    ended ? items : items.filter(({ state }) => state === 'active');

  return (
    <Container>
      <Flex direction="column" gap="4" pt="4" pb="8">
        <Flex justify="between" align="start" gap="4">
          <Flex direction="column" gap="1" style={{ maxWidth: '48rem' }}>
            <Text as="h2" variant="title-small" weight="bold">
              {t('page.title')}
            </Text>
            <Text as="p" color="secondary">
              {t('page.description')}
            </Text>
          </Flex>
          {create}
        </Flex>
        <Frame
          value={loaded}
          isEmpty={({ items }) => items.length === 0}
          empty={{
            title: t('page.emptyTitle'),
            description: t('page.emptyText'),
          }}
        >
          {({ items }) => (
            <Flex direction="column" gap="3">
              <Switch
                label={t('page.showEnded')}
                isSelected={ended}
                onChange={on => set('ended', on)}
              />
              {shown(items).length === 0 ? (
                <Flex direction="column" gap="1" p="4">
                  <Text as="h3" variant="title-x-small">
                    {t('page.noneLiveTitle')}
                  </Text>
                  <Text color="secondary">{t('page.noneLiveText')}</Text>
                </Flex>
              ) : (
                <TokensTable tokens={shown(items)} onRevoke={setRevoking} />
              )}
            </Flex>
          )}
        </Frame>
      </Flex>
      {search.has('new') && loaded.value && (
        <CreateTokenDialog
          lifetimes={loaded.value.options}
          scopes={loaded.value.scopes}
          onMade={loaded.retry}
          onClose={() => set('new', false)}
        />
      )}
      {revoking && (
        <RevokeTokenDialog
          token={revoking}
          onClose={() => setRevoking(undefined)}
          onDone={() => {
            setRevoking(undefined);
            loaded.retry();
          }}
        />
      )}
    </Container>
  );
}
