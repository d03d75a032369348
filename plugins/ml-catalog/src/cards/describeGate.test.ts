import { describeGate } from './describeGate';

it.each([
  [{ metric: 'auc', min: 0.9 }, ['auc is at least 0.9']],
  [{ metric: 'loss', max: 0.2 }, ['loss is at most 0.2']],
  [
    { metric: 'auc', notWorseThanChampionBy: 0 },
    ['auc is not worse than that of the version in production'],
  ],
  [
    { metric: 'auc', min: 0.9, notWorseThanChampionBy: 0.01 },
    [
      'auc is at least 0.9',
      'auc is not worse than that of the version in production by more than 0.01',
    ],
  ],
])('describes the gate %j', (gate, sentences) => {
  expect(describeGate(gate)).toEqual(sentences);
});
