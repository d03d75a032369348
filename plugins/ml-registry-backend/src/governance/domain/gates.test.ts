import type { GateSubject } from '@downstage/plugin-ml-registry-node';
import { evaluateEntityGates } from './gates';

const subject: GateSubject = {
  modelRef: 'model:default/x',
  versionRef: 'default/x@2',
  version: 2,
  to: 'production',
  metrics: { auc: 0.975, loss: 0.2 },
  signature: { inputs: [{ name: 'a', type: 'double' }], outputs: [] },
  flavors: ['onnx'],
  tags: {},
  running: false,
};
const champion = (metrics: Record<string, number>) => ({
  ref: 'default/x@1',
  version: 1,
  stage: 'production' as const,
  metrics,
  createdAt: '',
});
const holdout = [{ name: 'x', digest: 'd', context: 'validation' }];
const comparison = (change: Partial<GateSubject>) => ({
  version: { metrics: subject.metrics, datasets: holdout, measurements: [] },
  ...(change.champion && {
    champion: {
      version: 1,
      metrics: change.champion.metrics,
      datasets: holdout,
      measurements: [],
    },
  }),
});
const statuses = (
  gates: NonNullable<Parameters<typeof evaluateEntityGates>[0]>['gates'],
  change: Partial<GateSubject> = {},
  primaryMetric?: { name: string; goal: 'maximize' | 'minimize' },
) =>
  evaluateEntityGates(
    { gates, primaryMetric },
    { ...subject, ...change },
    comparison(change),
  )
    .filter(({ gate }) => gate !== 'signature')
    .map(({ status }) => status);

describe('evaluateEntityGates', () => {
  it('has no gates where the entity has no evaluation', () => {
    expect(evaluateEntityGates(undefined, subject, comparison({}))).toEqual([]);
  });

  it('wants a signature', () => {
    const [verdict] = evaluateEntityGates(
      {},
      { ...subject, signature: undefined },
      comparison({}),
    );
    expect(verdict).toMatchObject({ gate: 'signature', status: 'failed' });
    expect(verdict.how).toMatch(/signature=/);
  });

  it.each([
    ['min met exactly', { metric: 'auc', min: 0.975 }, ['passed']],
    ['min missed', { metric: 'auc', min: 0.976 }, ['failed']],
    ['max met', { metric: 'loss', max: 0.2 }, ['passed']],
    ['max missed', { metric: 'loss', max: 0.1 }, ['failed']],
    [
      'min and max',
      { metric: 'auc', min: 0.9, max: 0.97 },
      ['passed', 'failed'],
    ],
    ['a metric nobody logged', { metric: 'f1', min: 0 }, ['failed']],
  ])('%s', (_, gate, expected) => {
    expect(statuses([gate])).toEqual(expected);
  });

  it('waits for a metric while the run goes on', () => {
    expect(statuses([{ metric: 'f1', min: 0 }], { running: true })).toEqual([
      'pending',
    ]);
  });

  const margin = [{ metric: 'auc', notWorseThanChampionBy: 0.005 }];
  it.each([
    ['no champion', undefined, ['passed']],
    ['exactly the margin below', champion({ auc: 0.98 }), ['passed']],
    ['more than the margin below', champion({ auc: 0.981 }), ['failed']],
    ['a champion without the metric', champion({}), ['failed']],
  ])('against the champion: %s', (_, other, expected) => {
    expect(statuses(margin, { champion: other })).toEqual(expected);
  });

  it('turns round where less is better', () => {
    const gates = [{ metric: 'loss', notWorseThanChampionBy: 0.05 }];
    const goal = { name: 'loss', goal: 'minimize' as const };
    expect(
      statuses(gates, { champion: champion({ loss: 0.15 }) }, goal),
    ).toEqual(['passed']);
    expect(
      statuses(gates, { champion: champion({ loss: 0.1 }) }, goal),
    ).toEqual(['failed']);
  });
});
