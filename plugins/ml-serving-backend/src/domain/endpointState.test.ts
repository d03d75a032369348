import { judgeEndpoint, mergeConditions, type Facts } from './endpointState';
import { onlyChampion } from './variants';

const hosted = (
  active: number | undefined,
  versions: [number, 'loading' | 'ready' | 'failed'][],
): Facts['gateway'] => ({
  endpoint: 'tumour',
  wanted: 2,
  active,
  versions: versions.map(([version, state]) => ({
    version,
    state,
    predictions: [],
  })),
});
type Change = Partial<Facts> & { currentVersion?: number };
const facts = ({ currentVersion, ...change }: Change): Facts => ({
  generation: 3,
  looked: true,
  wantedVersion: 2,
  variants: onlyChampion(currentVersion ?? 2),
  problem: undefined,
  gateway: hosted(2, [[2, 'ready']]),
  ...change,
});
const problem = { reason: 'NoOnnxModel', message: 'no .onnx file' };

describe('judgeEndpoint', () => {
  it.each<[string, Change, string, string]>([
    ['the wanted version answers', {}, 'ready', 'ProductionVersion'],
    [
      'nobody has looked yet (walk 15)',
      {
        looked: false,
        wantedVersion: undefined,
        variants: [],
        gateway: 'unknown-endpoint',
      },
      'loading',
      'NotLoaded',
    ],
    [
      'nothing is in production yet',
      {
        wantedVersion: undefined,
        variants: [],
        gateway: 'unknown-endpoint',
      },
      'waiting',
      'NotLoaded',
    ],
    [
      'the first version loads',
      { gateway: hosted(undefined, [[2, 'loading']]) },
      'loading',
      'Loading',
    ],
    [
      'the first version does not load',
      { gateway: hosted(undefined, [[2, 'failed']]) },
      'failed',
      'LoadFailed',
    ],
    [
      'the first version cannot be fetched',
      { variants: [], problem, gateway: 'unknown-endpoint' },
      'failed',
      'NotLoaded',
    ],
    [
      'the old version answers while the new one loads',
      {
        gateway: hosted(1, [
          [1, 'ready'],
          [2, 'loading'],
        ]),
      },
      'loading',
      'OlderVersion',
    ],
    [
      'the old version answers because the new one does not load',
      {
        gateway: hosted(1, [
          [1, 'ready'],
          [2, 'failed'],
        ]),
      },
      'degraded',
      'OlderVersion',
    ],
    [
      'the old version answers because the new one cannot be fetched',
      { currentVersion: 1, problem, gateway: hosted(1, [[1, 'ready']]) },
      'degraded',
      'OlderVersion',
    ],
    [
      'production was taken away and the last version goes on',
      { wantedVersion: undefined },
      'degraded',
      'OlderVersion',
    ],
    ['the gateway is away', { gateway: undefined }, 'failed', 'NotLoaded'],
    ['the portal runs none', { gateway: 'none' }, 'failed', 'NotLoaded'],
  ])('when %s', (_, change, state, reason) => {
    const judged = judgeEndpoint(facts(change));
    expect(judged.state).toBe(state);
    expect(judged.conditions.find(c => c.type === 'Serving')?.reason).toBe(
      reason,
    );
  });

  it('does not say that there is no production version before anybody has looked (walk 15)', () => {
    const { conditions } = judgeEndpoint(
      facts({
        looked: false,
        wantedVersion: undefined,
        variants: [],
        gateway: 'unknown-endpoint',
      }),
    );
    expect(conditions[0]).toMatchObject({
      status: 'unknown',
      reason: 'AskingTheRegistry',
    });
    const loading = judgeEndpoint(facts({ gateway: 'unknown-endpoint' }));
    expect(loading.conditions[2].message).toBe('Version 2 is being loaded');
  });

  it('names the variants of the tables, each with the version that answers for it now (W10)', () => {
    const champion = {
      name: 'champion',
      version: 2,
      weight: 90,
      mode: 'live' as const,
    };
    const challenger = {
      ...champion,
      name: 'challenger',
      version: 3,
      weight: 10,
    };
    const observed = hosted(1, [[1, 'ready']]);
    const said = (active: number | undefined) => ({
      ...(observed as object),
      variants: [
        { ...champion, active: 1 },
        { ...challenger, active },
      ],
    });
    const variantsOf = (gateway: unknown) =>
      judgeEndpoint(
        facts({
          variants: [champion, challenger],
          gateway: gateway as Facts['gateway'],
        }),
      ).variants.map(({ variant, version, weight }) => [
        variant,
        version,
        weight,
      ]);
    expect(variantsOf(said(3))).toEqual([
      ['champion', 1, 90],
      ['challenger', 3, 10],
    ]);
    expect(variantsOf(said(undefined))).toEqual([['champion', 1, 90]]);
    // An engine that knows one version speaks for the variant that leads.
    expect(variantsOf(observed)).toEqual([['champion', 1, 90]]);
  });

  it('keeps the time of a condition that did not change', () => {
    const { conditions } = judgeEndpoint(facts({}));
    const first = mergeConditions([], conditions, 'monday');
    const away = judgeEndpoint(facts({ gateway: undefined }));
    const second = mergeConditions(first, away.conditions, 'tuesday');
    expect(second.map(c => [c.type, c.changedAt])).toEqual([
      ['VersionAvailable', 'monday'],
      ['GatewayAlive', 'tuesday'],
      ['Serving', 'tuesday'],
    ]);
  });
});
