import type { RegistryImport } from '@downstage/plugin-ml-registry-common';
import {
  formatBytes,
  formatNumber,
  PlainTable,
  reasonOf,
  Section,
  StatusBadge,
  Time,
  useAction,
  useLoad,
  type Tone,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { useRegistry } from '../shared/hooks/useRegistry';
import { mlRegistryTranslationRef } from '../shared/translation';

const tones: Record<RegistryImport['state'], Tone> = {
  running: 'running',
  succeeded: 'ok',
  failed: 'error',
  cancelled: 'neutral',
};
/** The order in which an import goes. */
const order = [
  'experiment',
  'logged-model',
  'run',
  'model',
  'version',
  'alias',
] as const;
/** Versions and aliases come with their models. */
const phases = ['experiment', 'logged-model', 'run', 'model'] as const;

/** One import: how far it is, what came, what did not and why. */
export function ImportProgress(props: {
  found: RegistryImport;
  onChanged: () => void;
}) {
  const { found, onChanged } = props;
  const { id, uri, state, phase, counts, message } = found;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const api = useRegistry();
  const action = useAction();
  const omissions = useLoad(
    async signal =>
      (
        await api.listImportOmissions(
          { params: { id }, query: { limit: 500 } },
          { signal },
        )
      ).items,
    [api, id, state],
    { pollMs: state === 'running' ? 5_000 : 0 },
  );
  const done = phases.findIndex(one => one === phase);
  const cancel = async () => {
    const stopped = await action.run(
      () => api.cancelImport({ params: { id }, body: {} }),
      { title: t('imports.cancelled') },
    );
    if (stopped) onChanged();
  };
  return (
    <Section title={t('imports.progress', { uri })}>
      <Flex direction="column" gap="4">
        <Flex gap="4" align="center">
          <StatusBadge
            tone={tones[state]}
            label={t(`imports.states.${state}`)}
          />
          <Text color="secondary">
            <Time at={found.createdAt} />
          </Text>
          {phase && (
            <>
              <progress
                aria-label={t(`imports.kinds.${phase}`)}
                value={Math.max(0, done)}
                max={phases.length}
              />
              <Text>{t(`imports.kinds.${phase}`)}</Text>
              <Button
                size="small"
                variant="secondary"
                isPending={action.pending}
                onPress={cancel}
              >
                {t('imports.cancel')}
              </Button>
            </>
          )}
        </Flex>
        {(message || action.error) && (
          <Alert
            status={state === 'failed' ? 'danger' : 'warning'}
            title={action.error ? reasonOf(action.error) : message ?? ''}
          />
        )}
        <PlainTable
          caption={t('imports.progress', { uri })}
          columns={[
            t('imports.what'),
            t('imports.found'),
            t('imports.added'),
            t('imports.known'),
            t('imports.leftOut'),
          ]}
          rows={order.map(kind => {
            const count = counts.find(one => one.kind === kind);
            return {
              key: kind,
              cells: [
                t(`imports.kinds.${kind}`),
                formatNumber(count?.found ?? 0),
                formatNumber(count?.added ?? 0),
                formatNumber(count?.known ?? 0),
                formatNumber(count?.leftOut ?? 0),
              ],
            };
          })}
        />
        <Text color="secondary">
          {t('imports.read', {
            points: formatNumber(found.points),
            files: formatNumber(found.files),
            bytes: formatBytes(found.bytes),
          })}
        </Text>
        <Text as="h3" variant="title-x-small">
          {t('imports.omissions')}
        </Text>
        {omissions.error && (
          <Alert status="danger" title={reasonOf(omissions.error)} />
        )}
        <PlainTable
          caption={t('imports.omissions')}
          empty={t('imports.nothingLeftOut')}
          columns={[t('imports.what'), t('imports.id'), t('imports.why')]}
          rows={(omissions.value ?? []).map(({ kind, sourceId, reason }) => ({
            key: `${kind} ${sourceId}`,
            cells: [t(`imports.kinds.${kind}`), sourceId, reason],
          }))}
        />
      </Flex>
    </Section>
  );
}
