import { useState } from 'react';
import { allItems } from '@downstage/common';
import type { Webhook } from '@downstage/plugin-ml-registry-common';
import { Frame, Pager, Section, usePages } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Link } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { AddWebhookDialog } from './AddWebhookDialog';
import { Deliveries } from './Deliveries';
import { WebhooksTable } from './WebhooksTable';
import { useRegistry } from '../shared/hooks/useRegistry';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

/** Who is told of changes, how that goes, and, by link, the deliveries of one of them. */
export function WebhooksPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [query] = useSearchParams();
  const shownId = query.get('webhook') ?? undefined;
  const [adding, setAdding] = useState(false);
  const webhooks = usePages(
    async (cursor, signal) => {
      const shown = shownId && (await findWebhook(api, shownId, signal));
      return shown
        ? { items: [shown] }
        : api.listWebhooks({ query: { cursor, limit: 100 } }, { signal });
    },
    [api, shownId],
    { pollMs: 5_000 },
  );
  const add = (
    <Button variant="primary" onPress={() => setAdding(true)}>
      {t('webhooks.add')}
    </Button>
  );
  return (
    <RegistryFrame
      tab="webhooks"
      title={t('webhooks.title')}
      description={t('webhooks.description')}
      actions={add}
    >
      <Frame
        value={webhooks}
        isEmpty={({ items }) => items.length === 0}
        empty={{
          title: t('webhooks.emptyTitle'),
          description: t('webhooks.emptyText'),
        }}
      >
        {({ items }) => {
          const shown = items.find(({ id }) => id === shownId);
          if (!shown) {
            return (
              <>
                <WebhooksTable webhooks={items} onChanged={webhooks.retry} />
                <Pager pages={webhooks} />
              </>
            );
          }
          return (
            <>
              <Link href={paths.webhooks}>{t('webhooks.back')}</Link>
              <WebhooksTable webhooks={[shown]} onChanged={webhooks.retry} />
              <Section title={t('webhooks.deliveries', { name: shown.name })}>
                <Deliveries webhookId={shown.id} />
              </Section>
            </>
          );
        }}
      </Frame>
      {adding && (
        <AddWebhookDialog
          onMade={webhooks.retry}
          onClose={() => setAdding(false)}
        />
      )}
    </RegistryFrame>
  );
}

/** The one that a link names may be on any page; nothing behind it is read. */
async function findWebhook(
  api: ReturnType<typeof useRegistry>,
  id: string,
  signal: AbortSignal,
): Promise<Webhook | undefined> {
  const all = allItems(cursor =>
    api.listWebhooks({ query: { cursor } }, { signal }),
  );
  for await (const webhook of all) if (webhook.id === id) return webhook;
  return undefined;
}
