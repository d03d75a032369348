import { pauseAfter } from './HostedVersion';

describe('the pause before a failed version is tried again', () => {
  it('doubles up to five minutes', () => {
    expect([1, 2, 3, 8, 9, 500].map(pauseAfter)).toEqual([
      2_000, 4_000, 8_000, 256_000, 300_000, 300_000,
    ]);
  });
});
