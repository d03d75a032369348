import type { ModelCard } from '@downstage/plugin-ml-registry-common';
import { compareVersions, matchMetrics } from './compareVersions';
import { card } from '../../__testUtils__/aCard';

describe('comparing versions', () => {
  it('puts what differs first and says by how much', () => {
    const other: ModelCard = {
      ...card,
      declared: { ...card.declared, users: 'Nurses' },
      verified: {
        ...card.verified,
        params: { depth: '4', seed: '1' },
        metrics: [{ name: 'auc', value: 0.9, slice: 'age=young' }],
      },
    };
    const rows = compareVersions(card, other).filter(({ same }) => !same);
    expect(rows.map(({ section, key }) => `${section} ${key}`)).toEqual([
      'metrics auc on masses d1',
      'metrics auc where age=young',
      'params depth',
      'params seed',
      'card users',
    ]);
    expect(rows[1].difference).toBeCloseTo(-0.01);
  });

  it.each([
    [0.9, 0.9, true],
    [0.9, 0.9 + 5e-7, true],
    [0.9, 0.901, false],
    [0, 5e-10, true],
  ])('takes %d and %d for the same: %s', (a, b, equal) => {
    expect(matchMetrics({ auc: a }, { auc: b })[0].equal).toBe(equal);
  });

  it('says which metric the second run did not log', () => {
    expect(matchMetrics({ auc: 1 }, {})).toEqual([
      { metric: 'auc', original: 1, again: undefined, equal: false },
    ]);
  });
});
