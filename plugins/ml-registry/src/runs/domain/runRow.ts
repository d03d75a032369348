import type { RunTablePage } from '@downstage/plugin-ml-registry-common';

/** A run as the table shows it. */
export type RunRow = {
  runId: string;
  name: string;
  status: string;
  experimentId: string;
  /** The id where the name is not known: of an experiment that is deleted, or not readable. */
  experimentName: string;
  userId: string;
  startTime: number;
  endTime?: number;
  parentRunId?: string;
  jobId?: string;
  datasets?: string;
  values: Readonly<Record<string, string | number | undefined>>;
};

/** The rows of a page that came column by column. */
export function toRows(page: RunTablePage): RunRow[] {
  const columns = Object.entries(page.columns);
  const nameOf = (id: string) => page.experimentNames[id] ?? id;
  return page.runIds.map((runId, index) => ({
    runId,
    name: page.names[index] || runId,
    status: page.statuses[index],
    experimentId: page.experimentIds[index],
    experimentName: nameOf(page.experimentIds[index]),
    userId: page.userIds[index],
    startTime: page.startTimes[index],
    endTime: page.endTimes[index] ?? undefined,
    parentRunId: page.parentRunIds[index] ?? undefined,
    jobId: page.jobIds[index] ?? undefined,
    datasets: page.datasets[index] ?? undefined,
    values: Object.fromEntries(
      columns.map(([column, values]) => [column, values[index] ?? undefined]),
    ),
  }));
}

/** The rows with those that were looked at again in their place, and runs that are new at the top. */
export function mergeRows(
  rows: readonly RunRow[],
  changed: readonly RunRow[],
  added: readonly RunRow[],
): readonly RunRow[] {
  if (changed.length === 0 && added.length === 0) return rows;
  const byId = new Map(changed.map(row => [row.runId, row]));
  const known = new Set(rows.map(row => row.runId));
  return [
    ...added.filter(row => !known.has(row.runId)),
    ...rows.map(row => byId.get(row.runId) ?? row),
  ];
}

export function isRunning(row: Pick<RunRow, 'status'>): boolean {
  return row.status === 'RUNNING' || row.status === 'SCHEDULED';
}
