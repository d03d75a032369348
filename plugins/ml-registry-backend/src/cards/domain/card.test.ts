import {
  cardCompleteness,
  cardMetrics,
  readRequirements,
  sliceOf,
} from './card';

describe('cards', () => {
  it('counts a field of spaces as missing, and everything as missing while nothing was saved', () => {
    expect(cardCompleteness({ overview: 'x', users: '  ' }).filled).toEqual([
      'overview',
    ]);
    expect(cardCompleteness(undefined).missing).toHaveLength(10);
  });

  it.each([
    ['val_auc/age=young', { name: 'val_auc', slice: 'age=young' }],
    ['eval/auc', { name: 'eval/auc' }],
    ['eval/auc/sex=f', { name: 'eval/auc', slice: 'sex=f' }],
  ])('reads the slice of %s', (metric, expected) => {
    expect(sliceOf(metric)).toEqual(expected);
  });

  it('shows a metric once when run and logged model both hold it', () => {
    const dataset = { name: 'masses', digest: 'd1' };
    expect(
      cardMetrics({
        metrics: { auc: 0.9, f1: 0.8 },
        measurements: [{ metric: 'auc', value: 0.9, dataset }],
      }),
    ).toEqual([
      { name: 'auc', value: 0.9, dataset },
      { name: 'f1', value: 0.8 },
    ]);
  });

  it('reads a continued line as one, and what is installed from a checkout', () => {
    expect(
      readRequirements('numpy \\\n  ==1\n-e git+https://x/y#egg=z\n'),
    ).toEqual(['numpy    ==1', 'git+https://x/y#egg=z']);
  });

  it('reads requirements without comments and options', () => {
    expect(
      readRequirements('# x\n-r other.txt\nnumpy==1 # y\n\nscipy\n'),
    ).toEqual(['numpy==1', 'scipy']);
  });
});
