import { metricColumns, numericColumns, varyingParams } from './columns';
import { aRun } from './__fixtures__/aRun';

describe('columns', () => {
  const runs = [
    aRun('a', { lr: '0.1', kind: 'x', same: '1' }, { auc: 1, flat: 2 }),
    aRun('b', { lr: '1e-2', kind: 'y', same: '1' }, { auc: 2, flat: 2 }),
  ];
  it('knows which are numbers and which vary', () => {
    expect(numericColumns(runs)).toEqual([
      'params.lr',
      'params.same',
      'metrics.auc',
      'metrics.flat',
    ]);
    expect(varyingParams(runs)).toEqual(['params.kind', 'params.lr']);
    expect(metricColumns(runs)).toEqual(['metrics.auc', 'metrics.flat']);
  });
});
