import { decideAfterAttempt } from './decideAfterAttempt';

describe('after an attempt', () => {
  const failed = { state: 'failed' as const, reason: 'ProcessFailed' };
  it.each([
    ['succeeded', 'Completed', [], 0, 'succeeded'],
    ['failed', 'ProcessFailed', [], 0, 'failed'],
    ['failed', 'ProcessFailed', [], 1, 'queued'],
    ['failed', 'ProcessFailed', [failed], 1, 'failed'],
    ['failed', 'TimedOut', [], 1, 'queued'],
    ['failed', 'PythonMissing', [], 5, 'failed'],
    ['failed', 'OutOfMemory', [], 5, 'failed'],
    ['failed', 'ProcessKilled', [], 1, 'queued'],
    ['lost', 'ProcessLost', [], 0, 'queued'],
    [
      'lost',
      'ProcessLost',
      [
        { state: 'lost', reason: 'ProcessLost' },
        { state: 'lost', reason: 'ProcessLost' },
      ],
      0,
      'failed',
    ],
    [
      'failed',
      'ProcessFailed',
      [{ state: 'lost', reason: 'ProcessLost' }],
      1,
      'queued',
    ],
    ['lost', 'PlaceLost', [], 0, 'failed'],
    ['lost', 'PlaceLost', [], 1, 'queued'],
    [
      'lost',
      'PlaceLost',
      [{ state: 'lost', reason: 'PlaceLost' }],
      1,
      'failed',
    ],
    ['lost', 'PlaceLost', [failed], 1, 'failed'],
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

  it.each([
    [0, 'queued'],
    [2, 'failed'],
  ])(
    'runs a job with a checkpoint again whose place is gone, after %d losses: %s',
    (losses, to) => {
      const end = { state: 'lost' as const, reason: 'PlaceLost' };
      const earlier = Array.from({ length: losses }, () => end);
      expect(
        decideAfterAttempt({
          ...{ end: { ...end, message: 'm' }, earlier },
          ...{ retries: 0, hasCheckpoint: true },
        }).to,
      ).toBe(to);
    },
  );
});
