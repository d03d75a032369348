import { Frame, Section, useLoad } from '@downstage/react';
import { mlRegistryTopics } from '@downstage/plugin-ml-registry-common';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { LedgerEntries } from './LedgerEntries';

/** What happened to a model, or to one version of it, with who and why, newest first. */
export function History(props: { name: string; version?: number }) {
  const { name, version } = props;
  const api = useRegistry();
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const history = useLoad(
    signal =>
      api.listLedger(
        { query: { model: name, version, limit: 100 } },
        { signal },
      ),
    [api, name, version],
    {
      pollMs: 60_000,
      channel: [
        mlRegistryTopics.stageChanged,
        mlRegistryTopics.promotionChanged,
        mlRegistryTopics.modelChanged,
      ],
    },
  );
  const title =
    version === undefined
      ? t('history.title')
      : t('versionPage.versionHistory');
  return (
    <Section title={title}>
      <Frame
        value={history}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('history.emptyTitle'),
          description: t('history.emptyText'),
        }}
      >
        {({ items }) => (
          <Flex direction="column" gap="3">
            <LedgerEntries label={title} items={items} />
            <Link href={paths.ledger({ model: name })}>
              {t('ledger.whole')}
            </Link>
          </Flex>
        )}
      </Frame>
    </Section>
  );
}
