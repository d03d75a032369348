import type { GarbageCollection } from '@downstage/plugin-ml-registry-common';
import { formatBytes, PlainTable, Section } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link, Text } from '@backstage/ui';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';

type Props = { shown: GarbageCollection };

/** Where the space would come from. */
export function GarbageByExperiment({ shown }: Props) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (!shown.experiments.length) return null;
  return (
    <Section title={t('garbage.byExperiment')}>
      <PlainTable
        caption={t('garbage.byExperiment')}
        columns={[
          t('garbage.experiment'),
          t('garbage.things'),
          t('garbage.files'),
          t('garbage.size'),
        ]}
        rows={shown.experiments.map(row => ({
          key: row.experimentId,
          cells: [row.name, row.items, row.files, formatBytes(row.bytes)],
        }))}
      />
    </Section>
  );
}

/** Everything that would go, or has gone, the largest first. */
export function GarbageItems({ shown }: Props) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  if (!shown.items.length) return null;
  return (
    <Section title={t('garbage.items')}>
      <PlainTable
        caption={t('garbage.items')}
        columns={[
          t('garbage.name'),
          t('garbage.kind'),
          t('garbage.size'),
          t('garbage.state'),
        ]}
        rows={shown.items.map(item => ({
          key: `${item.kind} ${item.ref}`,
          cells: [
            <span title={item.ref}>{item.name}</span>,
            t(`garbage.kinds.${item.kind}`),
            formatBytes(item.bytes),
            item.reason
              ? `${t(`garbage.states.${item.state}`)}: ${item.reason}`
              : t(`garbage.states.${item.state}`),
          ],
        }))}
      />
      <More all={shown.itemCount} some={shown.items.length} />
    </Section>
  );
}

/** What is old enough, and why it stays. */
export function GarbageKept({ shown }: Props) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  return (
    <Section title={t('garbage.kept')}>
      <PlainTable
        caption={t('garbage.kept')}
        empty={t('garbage.keptNothing')}
        columns={[t('garbage.name'), t('garbage.kind'), t('garbage.because')]}
        rows={shown.kept.map(item => ({
          key: `${item.kind} ${item.ref}`,
          cells: [
            item.kind === 'run' ? (
              <Link href={paths.run(item.ref)}>{item.name}</Link>
            ) : (
              <span title={item.ref}>{item.name}</span>
            ),
            t(`garbage.kinds.${item.kind}`),
            item.reason,
          ],
        }))}
      />
      <More all={shown.keptCount} some={shown.kept.length} />
    </Section>
  );
}

function More(props: { all: number; some: number }) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const more = props.all - props.some;
  if (more <= 0) return null;
  return (
    <Text color="secondary">{t('garbage.more', { more: String(more) })}</Text>
  );
}
