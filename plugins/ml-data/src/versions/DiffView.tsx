import { Flex } from '@backstage/ui';
import type { DatasetDiff } from '@downstage/plugin-ml-data-common';
import {
  Facts,
  formatBytes,
  formatNumber,
  PlainTable,
  StatusBadge,
} from '@downstage/react';
import { useWords } from '../shared/useWords';

/** A mean that moved by more than this many standard deviations is marked. */
const notable = 0.2;

const arrow = (from: string, to: string) =>
  from === to ? from : `${from} → ${to}`;
const percent = (value: number) => `${(100 * value).toFixed(1)} %`;

/** What changed: size, schema, and the figures of every column, those that moved most first. */
export function DiffView(props: { diff: DatasetDiff }) {
  const t = useWords();
  const { rows, bytes, schema, columns } = props.diff;
  const names = (items: { name: string }[]) =>
    items.map(({ name }) => name).join(', ') || t('diff.none');
  const pair = (change?: { from: number; to: number }) =>
    change ? arrow(formatNumber(change.from), formatNumber(change.to)) : '–';
  return (
    <Flex direction="column" gap="4">
      <Facts
        facts={[
          {
            label: t('diff.rows'),
            value: `${pair(rows)} (${rows.delta < 0 ? '' : '+'}${formatNumber(
              rows.delta,
            )})`,
          },
          {
            label: t('diff.bytes'),
            value: arrow(formatBytes(bytes.from), formatBytes(bytes.to)),
          },
          { label: t('diff.added'), value: names(schema.added) },
          { label: t('diff.removed'), value: names(schema.removed) },
          {
            label: t('diff.changed'),
            value:
              schema.changed
                .map(({ name, from, to }) => `${name}: ${arrow(from, to)}`)
                .join(', ') || t('diff.none'),
          },
        ]}
      />
      <PlainTable
        caption={t('diff.title')}
        columns={[
          t('diff.column'),
          t('diff.shift'),
          t('diff.mean'),
          t('diff.median'),
          t('diff.nulls'),
          t('diff.distinct'),
        ]}
        rows={columns.map(column => ({
          key: column.name,
          cells: [
            column.name,
            column.shift === undefined ? '–' : <Shift value={column.shift} />,
            pair(column.mean),
            pair(column.median),
            arrow(percent(column.nullRate.from), percent(column.nullRate.to)),
            pair(column.distinct),
          ],
        }))}
      />
    </Flex>
  );
}

function Shift({ value }: { value: number }) {
  const t = useWords();
  const text = t('diff.sd', {
    value: `${value < 0 ? '' : '+'}${value.toFixed(2)}`,
  });
  if (Math.abs(value) < notable) return <>{text}</>;
  return <StatusBadge tone="warning" label={text} title={t('diff.moved')} />;
}
