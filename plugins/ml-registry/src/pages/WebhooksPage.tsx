import { useState } from 'react';
import { Frame, Section, useLoad } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Button, Link } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { AddWebhookDialog } from '../components/webhooks/AddWebhookDialog';
import { Deliveries } from '../components/webhooks/Deliveries';
import { WebhooksTable } from '../components/webhooks/WebhooksTable';
import { useRegistry } from '../hooks/useRegistry';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { RegistryFrame } from './RegistryFrame';

/** Who is told of changes, how that goes, and, by link, the deliveries of one of them. */
export function WebhooksPage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const [query] = useSearchParams();
  const shownId = query.get('webhook') ?? undefined;
  const [adding, setAdding] = useState(false);
  const webhooks = useLoad(
    async signal => (await api.listWebhooks({}, { signal })).items,
    [api],
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
        isEmpty={items => items.length === 0}
        empty={{
          title: t('webhooks.emptyTitle'),
          description: t('webhooks.emptyText'),
        }}
      >
        {items => {
          const shown = items.find(({ id }) => id === shownId);
          if (!shown) {
            return (
              <WebhooksTable webhooks={items} onChanged={webhooks.retry} />
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
