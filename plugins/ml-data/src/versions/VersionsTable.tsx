import type { DatasetVersionSummary } from '@downstage/plugin-ml-data-common';
import { EntityRefLink } from '@backstage/plugin-catalog-react';
import {
  CopyButton,
  formatBytes,
  formatNumber,
  PlainTable,
  Time,
} from '@downstage/react';
import { QualityBadge } from './QualityBadge';
import { useWords } from '../shared/useWords';

/** The versions of one dataset, newest first. */
export function VersionsTable(props: { versions: DatasetVersionSummary[] }) {
  const t = useWords();
  return (
    <PlainTable
      caption={t('versions.title')}
      columns={[
        t('versions.version'),
        t('versions.created'),
        t('versions.by'),
        t('versions.rows'),
        t('versions.columns'),
        t('versions.size'),
        t('versions.digest'),
        t('quality.column'),
        t('versions.note'),
      ]}
      rows={props.versions.map(version => ({
        key: version.ref,
        cells: [
          version.ref,
          <Time at={version.createdAt} />,
          /^(user|group):/.test(version.createdBy) ? (
            <EntityRefLink entityRef={version.createdBy} />
          ) : (
            version.createdBy
          ),
          formatNumber(version.rows),
          formatNumber(version.columns),
          `${formatBytes(version.bytes)} ${version.format}`,
          <span title={version.digest}>
            <code>{version.digest.slice(7, 19)}</code>{' '}
            <CopyButton text={version.digest} />
          </span>,
          version.qualityState ? (
            <QualityBadge state={version.qualityState} />
          ) : (
            '–'
          ),
          version.message ?? '–',
        ],
      }))}
    />
  );
}
