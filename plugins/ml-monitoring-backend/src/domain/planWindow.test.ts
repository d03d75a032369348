import { planWindow } from './planWindow';

describe('planWindow', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const minutesAgo = (minutes: number) =>
    new Date(now.getTime() - minutes * 60_000);

  it.each([
    [200, undefined, 'close'],
    [200, minutesAgo(1), 'close'],
    [199, minutesAgo(59), 'wait'],
    [1, minutesAgo(60), 'close'],
    [1, undefined, 'close'],
    [0, minutesAgo(600), 'wait'],
  ] as const)(
    'with %i new rows, last closed %o: %s',
    (newRows, lastClosedAt, plan) => {
      expect(
        planWindow({
          now,
          newRows,
          lastClosedAt,
          minRows: 200,
          atLeastEveryMs: 3_600_000,
        }),
      ).toBe(plan);
    },
  );
});
