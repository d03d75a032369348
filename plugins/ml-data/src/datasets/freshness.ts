/** Whether data is younger than its entity allows. */
export type Freshness = 'fresh' | 'stale' | 'unknown';

const duration =
  /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const seconds = [31_536_000, 2_592_000, 604_800, 86_400, 3600, 60, 1];

/** An ISO 8601 duration in milliseconds (months of 30 days), or `undefined` when it is none. */
export function durationMs(text: string): number | undefined {
  const match = duration.exec(text);
  if (!match || text === 'P' || text.endsWith('T')) return undefined;
  return (
    seconds.reduce(
      (sum, length, i) => sum + length * Number(match[i + 1] ?? 0),
      0,
    ) * 1000
  );
}

export function freshnessOf(options: {
  createdAt: string;
  maxAge?: string;
  now: Date;
}): Freshness {
  const { createdAt, maxAge, now } = options;
  const limit = maxAge === undefined ? undefined : durationMs(maxAge);
  if (limit === undefined) return 'unknown';
  return now.getTime() - Date.parse(createdAt) > limit ? 'stale' : 'fresh';
}
