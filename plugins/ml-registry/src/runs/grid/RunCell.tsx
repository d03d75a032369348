import { memo } from 'react';
import {
  formatDuration,
  formatNumber,
  formatRelative,
  StatusBadge,
} from '@downstage/react';
import { Link } from 'react-router-dom';
import { isAttribute } from '../domain/columns';
import type { RunRow } from '../domain/runRow';
import { runStatus } from '../../shared/domain/runStatus';
import { paths } from '../../shared/paths';
import styles from './RunsGrid.module.css';

/** What one column says about a run. Links are not tab stops of their own: Enter on the cell follows them. */
export const RunCell = memo(function Value(props: {
  row: RunRow;
  column: string;
}) {
  const { row, column } = props;
  if (!isAttribute(column)) {
    const value = row.values[column];
    if (value === undefined) return <>–</>;
    return <>{typeof value === 'number' ? formatNumber(value) : value}</>;
  }
  switch (column) {
    case 'status':
      return <StatusBadge {...runStatus(row.status)} />;
    case 'experiment':
      return <>{row.experimentName}</>;
    case 'started':
      return <Started at={row.startTime} />;
    case 'duration':
      return <>{formatDuration((row.endTime ?? Date.now()) - row.startTime)}</>;
    case 'user':
      return (
        <span title={row.userId}>{row.userId.split('/').at(-1) || '–'}</span>
      );
    case 'job':
      return row.jobId ? (
        <Link className={styles.link} to={paths.job(row.jobId)} tabIndex={-1}>
          {row.jobId}
        </Link>
      ) : (
        <>–</>
      );
    case 'datasets':
      return <span title={row.datasets}>{row.datasets ?? '–'}</span>;
    default:
      return <code>{row.runId}</code>;
  }
});

function Started(props: { at: number }) {
  const iso = new Date(props.at).toISOString();
  return (
    <time dateTime={iso} title={iso}>
      {formatRelative(iso)}
    </time>
  );
}
