import { judgeColumn } from './judgeColumn';
import { judgeWindow } from './judgeWindow';
import { defaultRules as rules } from './rules';
import { numeric, counted } from '../testUtils/columns';

describe('judgeWindow', () => {
  const column = (name: string, now: number[]) => ({
    ...judgeColumn(numeric([143, 142, 142, 142]), counted(now), rules),
    name,
  });
  const quiet = [53, 51, 49, 52];

  it('is as bad as its worst column, and names it', () => {
    expect(
      judgeWindow(
        [column('a', quiet), column('b', [160, 15, 15, 15])],
        205,
        rules,
      ),
    ).toMatchObject({
      status: 'drift',
      driftedColumns: ['b'],
      maxColumn: 'b',
      message: expect.stringContaining('1 of 2 columns drifted'),
    });
  });

  it('asks for more certainty the more columns there are', () => {
    // Significant alone at 95 %, and what one of thirty columns does by chance.
    const wanted = { ...rules, warning: 0.05 };
    const odd = judgeColumn(
      numeric([143, 142, 142, 142]),
      counted([72, 50, 42, 36]),
      wanted,
    );
    expect(odd).toMatchObject({ status: 'warning', significant: true });
    const others = Array.from({ length: 30 }, (_, index) =>
      column(`c${index}`, quiet),
    );
    expect(judgeWindow([odd], 200, wanted).status).toBe('warning');
    expect(judgeWindow([odd, ...others], 200, wanted).status).toBe('ok');
  });

  it('gives no verdict without rows or with too few', () => {
    expect(judgeWindow([], 0, rules).status).toBe('no_data');
    expect(judgeWindow([column('a', quiet)], 199, rules)).toMatchObject({
      status: 'insufficient_data',
      message: '199 predictions are too few for a verdict; 200 are needed',
    });
  });
});
