import type { Job } from '@downstage/plugin-ml-jobs-common';
import { job as example } from '../__testUtils__/examples';
import { headlineOf, type Headline } from './headlineOf';

const now = new Date('2026-01-01T00:01:02.000Z');
const runtime = 'local-process';
type Expected = Pick<Headline, 'key'> & {
  values: Partial<Headline['values']>;
};
const said = (message: string): Expected => ({
  key: 'said',
  values: { message },
});

describe('the sentence at the head of a job', () => {
  it.each<[string, Partial<Job>, Expected]>([
    [
      'its place in line',
      { state: 'queued', reason: 'Submitted', queuePosition: 3 },
      { key: 'inLine', values: { position: '3', runtime } },
    ],
    [
      'that it waits, where its place is not known',
      { state: 'queued', reason: 'Submitted', queuePosition: undefined },
      { key: 'waits', values: { runtime } },
    ],
    [
      'why it waits, where that has a reason',
      {
        ...{ state: 'queued', reason: 'RuntimeMissing', queuePosition: 1 },
        message: 'Waits for its runtime, which no running portal has',
      },
      said('Waits for its runtime, which no running portal has'),
    ],
    [
      'that it comes again after it was stopped for another one',
      {
        ...{ state: 'queued', reason: 'Preempted' },
        message: 'Stopped for a job that comes first; it runs again later',
      },
      said('Stopped for a job that comes first; it runs again later'),
    ],
    [
      'who holds it',
      { state: 'held', message: 'Held by user:default/ann: data is wrong' },
      {
        key: 'held',
        values: { message: 'Held by user:default/ann: data is wrong' },
      },
    ],
    [
      'what has to change before it starts',
      { state: 'blocked', message: 'Cannot start: it asks for 8 GPUs.' },
      said('Cannot start: it asks for 8 GPUs'),
    ],
    [
      'that its attempt is prepared',
      { state: 'preparing', message: 'Preparing' },
      { key: 'prepares', values: { attempt: '1', runtime } },
    ],
    [
      'what the preparation waits for',
      { state: 'preparing', message: 'Pulls the image' },
      said('Pulls the image'),
    ],
    [
      'why its runtime lets it wait',
      {
        ...{ state: 'preparing', message: 'Needs 2 GPUs; 0 of 8 are free' },
        waiting: { reason: 'QuotaExceeded', position: 3 },
      },
      said('Needs 2 GPUs; 0 of 8 are free'),
    ],
    [
      'for how long it has run',
      { state: 'running', message: 'Running' },
      { key: 'runs', values: { took: '1 min 00 s', attempt: '1', runtime } },
    ],
    [
      'why it waits after it has run',
      {
        ...{ state: 'running', message: 'Its node is drained' },
        waiting: { reason: 'Disrupted' },
      },
      said('Its node is drained'),
    ],
    [
      'what runs in its place',
      {
        state: 'preempted',
        waiting: { reason: 'Preempted', preemptedBy: 'job/urgent' },
      },
      { key: 'preempted', values: { runtime, other: 'job/urgent' } },
    ],
    [
      'that it succeeded',
      { state: 'succeeded', endedAt: '2026-01-01T00:00:32.000Z' },
      { key: 'succeeded', values: { took: '30.0 s', attempt: '1' } },
    ],
    [
      'what did not come of one that succeeded',
      {
        ...{ state: 'succeeded', endedAt: '2026-01-01T00:00:32.000Z' },
        outputs: [
          { name: 'model', kind: 'model', state: 'found' },
          { name: 'roc', kind: 'artifact', state: 'missing' },
        ],
      },
      { key: 'succeededWithout', values: { took: '30.0 s', outputs: 'roc' } },
    ],
    [
      'why it failed',
      { state: 'failed', message: 'The command ended with code 1' },
      { key: 'failed', values: { message: 'The command ended with code 1' } },
    ],
    [
      'who cancelled it',
      { state: 'cancelled', message: 'Cancelled by user:default/ann' },
      said('Cancelled by user:default/ann'),
    ],
  ])('says %s', (_, job, headline) => {
    expect(headlineOf({ ...example, ...job }, now)).toMatchObject(headline);
  });
});
