import type { LedgerAction } from '@downstage/plugin-ml-registry-common';
import { ledgerCsvLine } from './ledgerCsv';
import {
  inProduction,
  productionChanges,
  productionPeriods,
  spanOf,
} from './productionPeriods';

const day = (n: number, hour = 10) =>
  `2026-03-${String(n).padStart(2, '0')}T${hour}:00:00.000Z`;
const move = (
  n: number,
  version: number | undefined,
  action: LedgerAction,
  more: { from?: string; to?: string; name?: string; formerName?: string } = {},
) => ({
  name: 'churn',
  at: day(n),
  actor: 'user:default/ann',
  flagged: false,
  version,
  action,
  ...more,
});
const enters = (
  n: number,
  version: number,
  action: LedgerAction = 'promoted',
) => move(n, version, action, { from: 'staging', to: 'production' });
const leaves = (n: number, version: number) =>
  move(n, version, 'replaced', { from: 'production', to: 'archived' });

describe('productionPeriods', () => {
  const periods = productionPeriods([
    enters(1, 1),
    leaves(5, 1),
    enters(5, 2),
    leaves(9, 2),
    enters(9, 1, 'rolled-back'),
    move(12, undefined, 'renamed', { name: 'leavers', formerName: 'churn' }),
    move(15, undefined, 'deleted', { name: 'leavers' }),
  ]);
  const on = (at: string) =>
    inProduction(periods, spanOf(at)).map(({ version }) => version);

  it.each([
    ['2026-02-28', []],
    ['2026-03-01', [1]],
    ['2026-03-05', [1, 2]],
    ['2026-03-07', [2]],
    [day(9), [1]],
    ['2026-03-14', [1]],
    ['2026-03-16', []],
  ])('knows who was in production on %s', (at, versions) => {
    expect(on(at)).toEqual(versions);
  });

  it('calls the model by the name it has at last', () => {
    expect(inProduction(periods, spanOf('2026-03-01'))[0]).toMatchObject({
      name: 'leavers',
      since: day(1),
      until: day(5),
    });
  });

  it('says what changed between two dates, and how often', () => {
    expect(productionChanges(periods, { from: day(2), to: day(10) })).toEqual([
      {
        name: 'leavers',
        modelRef: 'model:default/leavers',
        before: 1,
        after: 1,
        changes: 2,
      },
    ]);
    expect(productionChanges(periods, { from: day(6), to: day(7) })).toEqual(
      [],
    );
  });
});

describe('ledgerCsvLine', () => {
  it('quotes, and takes the teeth out of formulas', () => {
    const line = ledgerCsvLine({
      id: 1,
      name: 'churn',
      modelRef: 'model:default/churn',
      at: day(1),
      actor: '@ann',
      action: 'tagged',
      message: '=HYPERLINK("http://x","y")',
      details: { key: 'a' },
      flagged: false,
    });
    expect(line).toBe(
      `1,${day(
        1,
      )},churn,,tagged,,,'@ann,"'=HYPERLINK(""http://x"",""y"")",false,"{""key"":""a""}"\r\n`,
    );
  });
});
