import { onSameData, type Measured } from './sameData';

const holdout = { name: 'masses', digest: 'd1' };
const other = { name: 'masses', digest: 'd2' };
const measured = (change: Partial<Measured> = {}): Measured => ({
  metrics: { auc: 0.9 },
  datasets: [],
  measurements: [],
  ...change,
});
const on = (data: typeof holdout, value = 0.95) => ({
  metric: 'auc',
  value,
  dataset: data,
});
const champion = (change: Partial<Measured> = {}) => ({
  ...measured({ metrics: { auc: 0.8 }, ...change }),
  version: 1,
});

describe('onSameData', () => {
  it.each<[string, Measured, Measured, number[] | undefined]>([
    ['nothing known of either', measured(), champion(), undefined],
    [
      'both runs on the same data',
      measured({ datasets: [{ ...holdout, context: 'validation' }] }),
      champion({ datasets: [{ ...holdout, context: 'eval' }] }),
      [0.9, 0.8],
    ],
    [
      'the same data to learn from says nothing',
      measured({ datasets: [{ ...holdout, context: 'training' }] }),
      champion({ datasets: [{ ...holdout, context: 'training' }] }),
      undefined,
    ],
    [
      'the same name with other content',
      measured({ datasets: [{ ...holdout, context: 'test' }] }),
      champion({ datasets: [{ ...other, context: 'test' }] }),
      undefined,
    ],
    [
      'one of two data sets is not enough',
      measured({ datasets: [{ ...holdout, context: 'test' }] }),
      champion({
        datasets: [
          { ...holdout, context: 'test' },
          { ...other, context: 'test' },
        ],
      }),
      undefined,
    ],
    [
      'values that name their data are taken first',
      measured({
        datasets: [{ ...other, context: 'test' }],
        measurements: [on(holdout, 0.95)],
      }),
      champion({
        datasets: [{ ...other, context: 'test' }],
        measurements: [on(holdout, 0.7)],
      }),
      [0.95, 0.7],
    ],
    [
      'a champion measured again on the data of this version',
      measured({ datasets: [{ ...holdout, context: 'test' }] }),
      champion({ measurements: [on(holdout, 0.85)] }),
      [0.9, 0.85],
    ],
  ])('%s', (_, version, production, expected) => {
    const found = onSameData('auc', version, { ...production, version: 1 });
    expect(found.comparable ? [found.value, found.other] : undefined).toEqual(
      expected,
    );
  });

  it('says what to do when the champion was never measured on this data', () => {
    expect(
      onSameData(
        'auc',
        measured({ datasets: [{ ...holdout, context: 'test' }] }),
        champion(),
      ),
    ).toMatchObject({
      comparable: false,
      how: expect.stringMatching(/Evaluate version 1 on that data/),
    });
  });
});
