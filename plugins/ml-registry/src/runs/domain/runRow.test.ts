import { mergeRows, toRows } from './runRow';
import { aRow } from './__fixtures__/aRow';

describe('rows', () => {
  it('are read from columns and merged with what changed and what is new', () => {
    const rows = toRows({
      runIds: ['a', 'b'],
      names: ['first', ''],
      statuses: ['RUNNING', 'FINISHED'],
      experimentIds: ['1', '2'],
      experimentNames: { '1': 'churn' },
      userIds: ['', ''],
      startTimes: [1, 2],
      endTimes: [null, 3],
      parentRunIds: [null, 'a'],
      jobIds: [null, null],
      datasets: [null, null],
      deleted: [false, false],
      columns: { 'metrics.auc': [0.5, null] },
    });
    expect(rows[0].values).toEqual({ 'metrics.auc': 0.5 });
    expect(rows[0]).toMatchObject({ name: 'first', experimentName: 'churn' });
    expect(rows[1]).toMatchObject({ name: 'b', parentRunId: 'a' });
    expect(rows[1].experimentName).toBe('2');
    const merged = mergeRows(
      rows,
      [aRow('a', { status: 'FINISHED' })],
      [aRow('new'), aRow('b')],
    );
    expect(merged.map(row => row.runId)).toEqual(['new', 'a', 'b']);
    expect(merged[1].status).toBe('FINISHED');
    expect(mergeRows(rows, [], [])).toBe(rows);
  });
});
