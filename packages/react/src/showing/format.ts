// Making a formatter costs far more than using it, and tables format thousands of values.
const whole = new Intl.NumberFormat('en');
const four = new Intl.NumberFormat('en', { maximumSignificantDigits: 4 });
const six = new Intl.NumberFormat('en', { maximumSignificantDigits: 6 });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** A number for people: four significant digits, counts below 10^15 whole with thousands apart; a dash for what is not there. */
export function formatNumber(value: number | null | undefined): string {
  if (value === undefined || value === null) return '–';
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return whole.format(value);
  if (size !== 0 && (size < 0.0001 || size >= 1e7))
    return value.toExponential(3);
  return (size >= 1000 ? six : four).format(value);
}

/** A duration in milliseconds as `420 ms`, `12.3 s`, `4 min 05 s` or `3 h 02 min`. */
export function formatDuration(ms: number | undefined): string {
  if (ms === undefined || Number.isNaN(ms)) return '–';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  if (seconds < 3600)
    return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two((seconds % 3600) / 60)} min`;
}

const spanUnits = [
  'year',
  'month',
  'week',
  'day',
  'hour',
  'minute',
  'second',
] as const;
const spanPattern =
  /^P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;

/**
 * A length of time that somebody wrote by ISO 8601, in words: `PT30M` as `30 minutes`, `P1DT12H` as `1 day 12 hours`. What
 * is none stays as it is.
 */
export function formatTimeSpan(iso: string): string {
  const match = spanPattern.exec(iso);
  if (!match) return iso;
  const parts = spanUnits.flatMap((unit, index) => {
    const count = match[index + 1];
    if (count === undefined) return [];
    const style = { style: 'unit', unit, unitDisplay: 'long' } as const;
    return new Intl.NumberFormat('en', style).format(Number(count));
  });
  return parts.join(' ');
}

/** Bytes as `512 B`, `1.4 kB`, `33 MB` (powers of 1000). */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return '–';
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? value.toFixed(1) : Math.round(value)} ${
    units[unit]
  }`;
}

/** How long ago, or in how long: `just now`, `5 minutes ago`, `in 2 hours`. */
export function formatRelative(iso: string, now: Date = new Date()): string {
  const seconds = (Date.parse(iso) - now.getTime()) / 1000;
  if (Number.isNaN(seconds)) return '–';
  if (Math.abs(seconds) < 10) return 'just now';
  const steps = [
    ['second', 1],
    ['minute', 60],
    ['hour', 3600],
    ['day', 86_400],
    ['month', 2_592_000],
    ['year', 31_536_000],
  ] as const;
  const [unit, length] =
    [...steps].reverse().find(([, s]) => Math.abs(seconds) >= s) ?? steps[0];
  return relative.format(Math.round(seconds / length), unit);
}
