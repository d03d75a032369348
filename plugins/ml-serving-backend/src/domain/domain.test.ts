import { judgeEndpoint, mergeConditions, type Facts } from './endpointState';
import { gatewayName } from './gatewayName';
import { isPublic } from './isPublic';
import { featuresOf, filesToServe } from './servableModel';

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
const facts = (change: Partial<Facts>): Facts => ({
  generation: 3,
  looked: true,
  wantedVersion: 2,
  currentVersion: 2,
  problem: undefined,
  gateway: hosted(2, [[2, 'ready']]),
  ...change,
});
const problem = { reason: 'NoOnnxModel', message: 'no .onnx file' };

describe('judgeEndpoint', () => {
  it.each<[string, Partial<Facts>, string, string]>([
    ['the wanted version answers', {}, 'ready', 'ProductionVersion'],
    [
      'nobody has looked yet (walk 15)',
      {
        looked: false,
        wantedVersion: undefined,
        currentVersion: undefined,
        gateway: 'unknown-endpoint',
      },
      'loading',
      'NotLoaded',
    ],
    [
      'nothing is in production yet',
      {
        wantedVersion: undefined,
        currentVersion: undefined,
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
      { currentVersion: undefined, problem, gateway: 'unknown-endpoint' },
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
        currentVersion: undefined,
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

describe('filesToServe', () => {
  const file = (path: string) => ({ path, isDir: false });
  it('takes the model and the weights beside it, and nothing that only describes', () => {
    const { model, all } = filesToServe(
      [
        'MLmodel',
        'requirements.txt',
        'model.onnx',
        '4f0c-weights',
        'model.pkl',
        'docs/a.png',
        'serving_input_example.json',
        'input_example.npy',
      ].map(file),
    );
    expect(model.path).toBe('model.onnx');
    expect(all.map(({ path }) => path)).toEqual([
      'model.onnx',
      '4f0c-weights',
      // What the gateway warms it up with.
      'serving_input_example.json',
    ]);
  });

  it.each([
    ['nothing', [], /no \.onnx file \(found: nothing\)/],
    ['only a pickle', ['model.pkl'], /found: model\.pkl\).*zipmap off/],
    ['two and no model.onnx', ['a.onnx', 'b.onnx'], /several ONNX files/],
  ])('refuses %s', (_, paths, message) => {
    expect(() => filesToServe(paths.map(file))).toThrow(message);
  });
});

describe('featuresOf', () => {
  it('folds the types of MLflow onto those of columns', () => {
    const inputs = ['double', 'float', 'integer', 'boolean', 'string'].map(
      type => ({ name: type, type }),
    );
    expect(featuresOf({ inputs, outputs: [] }).map(f => f.type)).toEqual([
      'double',
      'double',
      'long',
      'boolean',
      'string',
    ]);
    expect(featuresOf(undefined)).toEqual([]);
  });

  it('refuses a type that no column has', () => {
    const inputs = [{ name: 'when', type: 'datetime' }];
    expect(() => featuresOf({ inputs, outputs: [] })).toThrow(
      /column 'when' has the type datetime/,
    );
  });
});

it.each([
  ['default', 'tumour'],
  ['team-a', 'team-a.tumour'],
])(
  'an endpoint of namespace %s is called %s in the gateway',
  (namespace, name) => {
    expect(gatewayName({ namespace, name: 'tumour' })).toBe(name);
  },
);

describe('isPublic', () => {
  it.each<[boolean, string[], boolean]>([
    [true, ['churn'], true],
    [true, ['default/churn'], true],
    [true, ['*'], true],
    [true, [], false],
    [true, ['other', 'team/churn'], false],
    [false, ['*'], false],
  ])('asked %s, granted %j: %s', (anonymous, granted, expected) => {
    const endpoint = { id: 'default/churn', access: { groups: [], anonymous } };
    expect(isPublic(endpoint, granted)).toBe(expected);
  });
});
