import { aRun } from '../../__testUtils__/examples';
import { compareRuns } from './compareRuns';
import { parallelCoordinates } from './parallelCoordinates';

const first = aRun({
  name: 'first',
  params: { C: '0.5', solver: 'lbfgs' },
  metrics: { auc: 0.98, loss: 0.2 },
});
const second = aRun({
  name: 'second',
  params: { C: '1', solver: 'lbfgs', penalty: 'l1' },
  metrics: { auc: 0.99, loss: 0.2 },
});

describe('compareRuns', () => {
  it('marks what differs, and what only one run has', () => {
    const { params } = compareRuns([first, second]);
    expect(params.map(row => [row.name, row.differs])).toEqual([
      ['C', true],
      ['penalty', true],
      ['solver', false],
    ]);
    expect(params[1].values).toEqual([undefined, 'l1']);
  });

  it('names the highest and the lowest of a metric that differs', () => {
    const [auc, loss] = compareRuns([first, second]).metrics;
    expect(auc).toMatchObject({ highest: 1, lowest: 0, differs: true });
    expect(loss).toMatchObject({ differs: false });
    expect(loss.highest).toBeUndefined();
  });
});

describe('parallelCoordinates', () => {
  it('has an axis for each value that differs, words as categories', () => {
    const option = parallelCoordinates([first, second]);
    expect(option?.parallelAxis).toMatchObject([
      { name: 'C', type: 'value' },
      { name: 'penalty', type: 'category', data: ['l1'] },
      { name: 'auc', type: 'value' },
    ]);
    expect(option?.series).toMatchObject([
      { name: 'first', data: [[0.5, '-', 0.98]] },
      { name: 'second', data: [[1, 'l1', 0.99]] },
    ]);
  });

  it('draws nothing when the runs agree', () => {
    expect(parallelCoordinates([first, first])).toBeUndefined();
  });
});
