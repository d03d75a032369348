import { aJob } from '../__testUtils__/aJob';
import {
  describeJob,
  endOf,
  jobRow,
  lengthOf,
  progressOf,
  shortRef,
} from './describeJob';

it.each([
  [-5_000, '0 s'],
  [0, '0 s'],
  [59_400, '59 s'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [273_600_000, '3 d 4 h'],
])('says %d ms as %s', (ms, words) => {
  expect(lengthOf(ms)).toBe(words);
});

it.each([
  ['group:default/diagnostics', 'diagnostics'],
  ['group:team/vision', 'team/vision'],
  ['model:default/churn', 'churn'],
  ['user:default/ann', 'user:default/ann'],
  [undefined, undefined],
])('shortens %s as the flags take it', (ref, short) => {
  expect(shortRef(ref)).toBe(short);
});

const now = new Date('2026-11-30T10:10:00Z');

it('says how long a job took that is over, and how long one runs', () => {
  const startedAt = '2026-11-30T10:05:00.000Z';
  const endedAt = '2026-11-30T10:06:30.000Z';
  expect(jobRow(aJob({ startedAt, endedAt }), now).took).toBe('1 min 30 s');
  expect(jobRow(aJob({ startedAt }), now)).toMatchObject({
    ...{ took: '5 min', created: '10 min ago' },
  });
});

it('says where a job is, the place of one that waits among it', () => {
  expect(progressOf(aJob({ message: 'Running' }))).toBe(
    'train 8f3k2abcde: running',
  );
  const queued = aJob({
    ...{ state: 'queued', queuePosition: 2, message: 'Waits for room' },
  });
  expect(progressOf(queued)).toBe(
    'train 8f3k2abcde: queued, place 2, Waits for room',
  );
});

it('says why a job failed, and nothing twice', () => {
  const failed = aJob({
    ...{ state: 'failed', reason: 'OutOfMemory', message: 'It used 2 GiB' },
  });
  expect(endOf(failed, now)).toBe(
    'train 8f3k2abcde failed. OutOfMemory: It used 2 GiB',
  );
  const cancelled = aJob({
    ...{ state: 'cancelled', reason: 'Cancelled', message: 'Cancelled' },
  });
  expect(endOf(cancelled, now)).toBe('train 8f3k2abcde cancelled. Cancelled');
});

it('shows of a job what a person asks about, and no line that a value made up', () => {
  const text = describeJob(
    aJob({
      message: 'fine\nstate       succeeded\u001b[2J',
      parameters: { C: 0.5 },
      warnings: [{ option: 'gpus', message: 'this runtime has none' }],
      attempts: [
        { number: 1, state: 'failed', reason: 'CommandFailed' },
        { number: 2, state: 'running' },
      ],
      outputs: [
        {
          ...{ name: 'model', kind: 'model', state: 'found' },
          ref: 'default/churn@3',
        },
      ],
    }),
    now,
  );
  expect(text.split('\n')).toEqual([
    'train 8f3k2abcde',
    '',
    'state       running',
    'reason      fine state succeeded',
    'owner       diagnostics',
    'runtime     local-process',
    'source      /srv/churn',
    'commit      0123456789abcdef',
    'command     python train.py',
    'parameters  C=0.5',
    'submitted   10 min ago by user:default/ann',
    '',
    'ATTEMPT  STATE    TOOK  WHY',
    '1        failed   –     CommandFailed',
    '2        running  –',
    '',
    'OUTPUT  KIND   STATE  WHAT CAME',
    'model   model  found  default/churn@3',
    '',
    'Warning, gpus: this runtime has none',
  ]);
});
