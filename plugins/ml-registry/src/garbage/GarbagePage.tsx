import { useState } from 'react';
import type { GarbageCollection } from '@downstage/plugin-ml-registry-common';
import {
  formatBytes,
  Frame,
  Section,
  useAction,
  useLoad,
  Reason,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { useSearchParams } from 'react-router-dom';
import { GarbageConfirm } from './GarbageConfirm';
import {
  GarbageByExperiment,
  GarbageItems,
  GarbageKept,
} from './GarbageTables';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';
import { RegistryFrame } from '../shared/RegistryFrame';

/** What could be deleted for good, for platform engineers: first looked at, then agreed to. The link carries the look. */
export function GarbagePage() {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const [query, setQuery] = useSearchParams();
  const id = query.get('look') ?? undefined;
  const shown = useLoad<{ look?: GarbageCollection }>(
    async signal => {
      if (id) {
        return {
          look: await api.getGarbageCollection({ params: { id } }, { signal }),
        };
      }
      // Asks all the same, so that who may not look hears it here.
      await api.listGarbageCollections({ query: { limit: 1 } }, { signal });
      return {};
    },
    [api, id],
    { pollMs: 2_000 },
  );
  const look = () =>
    action.run(async () => {
      const made = await api.previewGarbage({});
      setQuery({ look: made.id });
    });

  return (
    <RegistryFrame
      tab="garbage"
      title={t('garbage.title')}
      description={t('garbage.description')}
      actions={
        (shown.value || !shown.error) && (
          <Button
            variant={id ? 'secondary' : 'primary'}
            isPending={action.pending}
            onPress={look}
          >
            {id ? t('garbage.lookAgain') : t('garbage.look')}
          </Button>
        )
      }
    >
      {action.error && (
        <Alert
          status="danger"
          title={t('garbage.lookFailed')}
          description={<Reason error={action.error} />}
        />
      )}
      <Frame
        value={shown}
        isEmpty={value => !value.look}
        empty={{
          title: t('garbage.emptyTitle'),
          description: t('garbage.emptyText'),
        }}
      >
        {({ look: found }) =>
          found && <Look shown={found} onChanged={shown.retry} />
        }
      </Frame>
    </RegistryFrame>
  );
}

function Look(props: { shown: GarbageCollection; onChanged: () => void }) {
  const { shown, onChanged } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Section
        title={t('garbage.sum')}
        actions={
          shown.state === 'shown' &&
          shown.itemCount > 0 && (
            <Button
              variant="primary"
              destructive
              onPress={() => setAsking(true)}
            >
              {t('garbage.collect')}
            </Button>
          )
        }
      >
        <Flex direction="column" gap="2">
          <Text>
            {shown.itemCount
              ? t('garbage.sumText', {
                  items: String(shown.itemCount),
                  bytes: formatBytes(shown.bytes),
                  date: shown.deletedBefore.slice(0, 10),
                })
              : t('garbage.nothing', {
                  date: shown.deletedBefore.slice(0, 10),
                })}
          </Text>
          {shown.state !== 'shown' && (
            <Text aria-live="polite">
              {t(`garbage.${shown.state}`, {
                deleted: String(shown.deleted),
                items: String(shown.itemCount),
                bytes: formatBytes(shown.deletedBytes),
                kept: String(shown.keptAfterAll),
                failed: String(shown.failed),
              })}
            </Text>
          )}
        </Flex>
      </Section>
      <GarbageByExperiment shown={shown} />
      <GarbageItems shown={shown} />
      <GarbageKept shown={shown} />
      {asking && (
        <GarbageConfirm
          shown={shown}
          onClose={() => setAsking(false)}
          onDone={() => {
            setAsking(false);
            onChanged();
          }}
        />
      )}
    </>
  );
}
