import { fewMetrics, metricsIn, metricsOfGates } from './output';

describe('metricsIn', () => {
  it.each([
    ["metrics.val_auc > 0.9 AND stage = 'production'", ['val_auc']],
    ['metric.auc > 0.9', ['auc']],
    [
      'metrics.`val loss` < 1 and metrics."top 5/acc" > 0.5',
      ['val loss', 'top 5/acc'],
    ],
    ['metrics.précision DESC, name', ['précision']],
    ["name = 'metrics.auc > 1' AND params.metrics = '2'", []],
    ["name = 'it''s metrics.a' AND metrics.b > 1", ['b']],
    ['', []],
  ])('finds what %j speaks of', (text, names) => {
    expect(metricsIn(text)).toEqual(names);
  });
});

describe('fewMetrics', () => {
  const metrics = { curve_loss: 1, accuracy: 0.5, val_auc: 0.98765, auc: 0.9 };

  it('shows those asked for first, and others by name after them', () => {
    expect(fewMetrics(metrics, { first: ['val_auc', 'gone'], most: 3 })).toBe(
      'val_auc=0.9877 accuracy=0.5000 auc=0.9000',
    );
  });

  it('leaves out none that was asked for, and shows none twice', () => {
    const first = ['val_auc', 'auc', 'val_auc', 'curve_loss'];
    expect(fewMetrics(metrics, { first, most: 1 })).toBe(
      'val_auc=0.9877 auc=0.9000 curve_loss=1.000',
    );
  });

  it('is nothing where nothing was logged', () => {
    expect(fewMetrics({}, { first: ['auc'], most: 3 })).toBeUndefined();
  });
});

it('knows the metrics of gates by the names of the gates', () => {
  const gates = [
    { gate: 'The model says what it takes and gives' },
    { gate: 'auc macro at least 0.9' },
    { gate: 'auc against the champion' },
    { gate: 'unlogged at least 1' },
  ];
  const metrics = { auc: 1, 'auc macro': 1, a: 1 };
  expect(metricsOfGates({ metrics, gates })).toEqual(['auc macro', 'auc']);
});
