import { type RunRow } from '../runRow';

export const aRow = (runId: string, change: Partial<RunRow> = {}): RunRow => ({
  runId,
  name: `run ${runId}`,
  status: 'FINISHED',
  experimentId: '1',
  experimentName: 'e',
  userId: 'user:default/ann',
  startTime: 0,
  endTime: 2000,
  values: {},
  ...change,
});
