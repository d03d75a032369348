import { InputError } from '@backstage/errors';
import { decideAfterAttempt } from './decideAfterAttempt';
import { durationMs, memoryBytes } from './duration';
import { assertTransition, isOver } from './jobStates';
import { jobVariables } from './jobVariables';
import { orderQueue } from './orderQueue';
import { parseDefinition } from './parseDefinition';
import { hashToken, newJobId, newToken } from './tokens';

describe('the states of a job', () => {
  it('says what is allowed when a change is not', () => {
    expect(() => assertTransition('running', 'preparing')).toThrow(
      'A job that is running cannot become preparing; allowed: succeeded, failed, cancelled, queued',
    );
    expect(() => assertTransition('succeeded', 'queued')).toThrow(
      'allowed: nothing',
    );
  });

  it('knows the ends', () => {
    expect(isOver('cancelled')).toBe(true);
    expect(isOver('preparing')).toBe(false);
  });
});

describe('the order of the queue', () => {
  const job = (id: string, owner: string, minute: number) => ({
    id,
    owner,
    createdAt: `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`,
  });

  it.each([
    ['the oldest first', [job('b', 'x', 2), job('a', 'x', 1)], [], ['a', 'b']],
    [
      'owners in turn',
      [
        job('a1', 'a', 1),
        job('a2', 'a', 2),
        job('a3', 'a', 3),
        job('b1', 'b', 4),
      ],
      [],
      ['a1', 'b1', 'a2', 'a3'],
    ],
    [
      'who runs nothing before who runs something',
      [job('a', 'x', 1), job('b', 'y', 2)],
      [{ owner: 'x' }],
      ['b', 'a'],
    ],
    [
      'ties to the oldest',
      [job('b', 'y', 1), job('a', 'x', 2), job('c', 'y', 3)],
      [],
      ['b', 'a', 'c'],
    ],
  ])('is: %s', (_, queued, active, expected) => {
    expect(orderQueue(queued, active).map(({ id }) => id)).toEqual(expected);
  });

  it('lets whoever had a turn last wait, so that one slot is shared, too', () => {
    const queued = [job('a1', 'a', 1), job('a2', 'a', 2), job('b1', 'b', 3)];
    const turns = new Map([['a', '2026-01-01T00:05:00.000Z']]);
    expect(orderQueue(queued, [], turns).map(({ id }) => id)).toEqual([
      'b1',
      'a1',
      'a2',
    ]);
  });
});

describe('after an attempt', () => {
  const failed = { state: 'failed' as const, reason: 'ProcessFailed' };
  it.each([
    ['succeeded', 'Completed', [], 0, 'succeeded'],
    ['failed', 'ProcessFailed', [], 0, 'failed'],
    ['failed', 'ProcessFailed', [], 1, 'queued'],
    ['failed', 'ProcessFailed', [failed], 1, 'failed'],
    ['failed', 'TimedOut', [], 1, 'queued'],
    ['failed', 'PythonMissing', [], 5, 'failed'],
    ['failed', 'ProcessLost', [], 0, 'queued'],
    [
      'failed',
      'ProcessLost',
      [
        { ...failed, reason: 'ProcessLost' },
        { ...failed, reason: 'ProcessLost' },
      ],
      0,
      'failed',
    ],
    [
      'failed',
      'ProcessFailed',
      [{ ...failed, reason: 'ProcessLost' }],
      1,
      'queued',
    ],
    ['cancelled', 'PortalStopped', [], 0, 'queued'],
    ['cancelled', 'Cancelled', [], 3, 'cancelled'],
  ] as const)(
    '%s by %s after %j with %d retries becomes %s',
    (state, reason, earlier, retries, to) => {
      expect(
        decideAfterAttempt({
          end: { state, reason, message: 'm' },
          earlier,
          retries,
        }).to,
      ).toBe(to);
    },
  );
});

describe('downstage.yaml', () => {
  const minimal =
    'apiVersion: downstage.dev/v1\nkind: Job\nentryPoint: python train.py\n';

  it('needs three lines', () => {
    expect(parseDefinition(minimal)).toEqual({
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'python train.py',
    });
  });

  it.each([
    [
      'an unknown key',
      `${minimal}entrypoint: x\n`,
      /downstage\.yaml:4:1: unknown key 'entrypoint'; allowed: apiVersion, kind, name, entryPoint/,
    ],
    [
      'an unknown key inside',
      `${minimal}resources:\n  cpus: 2\n`,
      /:5:3: unknown key 'cpus'; allowed: cpu, memory, gpus, nodes/,
    ],
    [
      'an unknown key in a list',
      `${minimal}inputs:\n  - name: x\n    dataset: dataset:default/x\n    table: y\n`,
      /:7:5: unknown key 'table'; allowed: name, dataset/,
    ],
    [
      'a missing key',
      'apiVersion: downstage.dev/v1\nkind: Job\n',
      /:1:1: entryPoint is missing; expected a string/,
    ],
    [
      'a wrong version',
      minimal.replace('/v1', '/v2'),
      /:1:1: apiVersion: expected "downstage.dev\/v1", found "downstage.dev\/v2"/,
    ],
    [
      'a wrong duration',
      `${minimal}timeout: 30 minutes\n`,
      /:4:1: timeout: Expected an ISO 8601 duration such as PT30M.*found "30 minutes"/,
    ],
    [
      'a wrong type',
      `${minimal}retries: many\n`,
      /:4:1: retries: expected number, received string, found "many"/,
    ],
    [
      'broken YAML',
      `${minimal}parameters: {a: 1\n`,
      /Not valid YAML:\ndownstage\.yaml:5:1/,
    ],
    ['no mapping', '- a\n', /:1:1: expected a mapping/],
    [
      'two mistakes',
      `${minimal}retries: -1\nfoo: 1\n`,
      /:4:1: retries[^]*:5:1: unknown key 'foo'/,
    ],
  ])('names line, column and what is allowed for %s', (_, text, message) => {
    expect(() => parseDefinition(text)).toThrow(InputError);
    expect(() => parseDefinition(text)).toThrow(message);
  });
});

it('reads durations and amounts of memory', () => {
  expect(durationMs('P1DT2H3M4S')).toBe(93_784_000);
  expect(durationMs('PT30M')).toBe(1_800_000);
  expect(memoryBytes('1.5Gi')).toBe(1_610_612_736);
});

it('gives the process its parameters, inputs and tracking', () => {
  const input = {
    ref: 'default/x@3',
    path: '/data/x.csv',
    sha256: 'ab',
    format: 'csv',
  };
  expect(
    jobVariables({
      id: 'j1',
      name: 'a job',
      model: 'model:default/tumour-malignancy',
      parameters: { 'max-depth': 4, shuffle: true },
      inputs: { training: input },
      token: 't',
      trackingUri: 'http://127.0.0.1/mlflow',
    }),
  ).toEqual({
    MLFLOW_TRACKING_URI: 'http://127.0.0.1/mlflow',
    MLFLOW_TRACKING_TOKEN: 't',
    MLFLOW_EXPERIMENT_NAME: 'tumour-malignancy',
    DOWNSTAGE_JOB_ID: 'j1',
    DOWNSTAGE_MODEL: 'tumour-malignancy',
    DOWNSTAGE_INPUTS: JSON.stringify({ training: input }),
    DOWNSTAGE_INPUT_TRAINING: '/data/x.csv',
    DOWNSTAGE_PARAM_MAX_DEPTH: '4',
    DOWNSTAGE_PARAM_SHUFFLE: 'true',
  });
});

it('makes tokens and ids that do not repeat', () => {
  expect(newToken()).toMatch(/^dsjob_[\w-]{43}$/);
  expect(newToken()).not.toBe(newToken());
  expect(hashToken('a')).toBe(hashToken('a'));
  expect(newJobId()).toMatch(/^[a-z0-9]{10}$/);
});
