import { useDeferredValue, useState } from 'react';
import { endpointChangedTopicName } from '@downstage/plugin-ml-serving-common';
import { Frame, Pager, usePages } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  ButtonLink,
  Container,
  Flex,
  Header,
  SearchField,
} from '@backstage/ui';
import { mlServingApiRef } from '../api';
import { EndpointsTable } from '../components/EndpointsTable';
import { mlServingTranslationRef } from '../translation';

/** All endpoints: which version answers where. */
export function EndpointsPage() {
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const [search, setSearch] = useState('');
  const text = useDeferredValue(search.trim());
  const endpoints = usePages(
    (cursor, signal) =>
      api.listEndpoints(
        { query: { cursor, limit: 50, ...(text && { search: text }) } },
        { signal },
      ),
    [api, text],
    { channel: endpointChangedTopicName },
  );
  return (
    <>
      <Header title={t('list.title')} description={t('list.description')} />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <SearchField
            aria-label={t('list.search')}
            placeholder={t('list.search')}
            value={search}
            onChange={setSearch}
          />
          <Frame
            value={endpoints}
            isEmpty={({ items }) => items.length === 0 && !text}
            empty={{
              title: t('list.emptyTitle'),
              description: t('list.emptyText'),
              action: (
                <ButtonLink href="/models" variant="primary">
                  {t('list.emptyAction')}
                </ButtonLink>
              ),
            }}
          >
            {({ items }) => (
              <Flex direction="column" gap="3">
                <EndpointsTable endpoints={items} />
                <Pager pages={endpoints} />
              </Flex>
            )}
          </Frame>
        </Flex>
      </Container>
    </>
  );
}
