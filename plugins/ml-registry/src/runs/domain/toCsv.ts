import Papa from 'papaparse';
import type { RunRow } from './runRow';

/**
 * Runs as CSV with a head line. A text that a spreadsheet would run as a formula gets an apostrophe before it. Names
 * and params come from anybody's training job.
 */
export function toCsv(
  rows: readonly RunRow[],
  columns: readonly string[],
): string {
  const value = (row: RunRow, column: string) => {
    switch (column) {
      case 'status':
        return row.status;
      case 'experiment':
        return row.experimentName;
      case 'started':
        return new Date(row.startTime).toISOString();
      case 'duration':
        return row.endTime === undefined
          ? ''
          : (row.endTime - row.startTime) / 1000;
      case 'user':
        return row.userId;
      case 'job':
        return row.jobId ?? '';
      case 'datasets':
        return row.datasets ?? '';
      case 'runId':
        return row.runId;
      default:
        return row.values[column] ?? '';
    }
  };
  const others = columns.filter(column => column !== 'runId');
  return Papa.unparse(
    {
      fields: ['run id', 'name', ...others],
      data: rows.map(row => [
        row.runId,
        row.name,
        ...others.map(column => value(row, column)),
      ]),
    },
    { escapeFormulae: true, newline: '\n' },
  );
}
