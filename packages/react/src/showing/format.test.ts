import {
  formatBytes,
  formatDuration,
  formatNumber,
  formatRelative,
  formatTimeSpan,
} from './format';

describe('formats', () => {
  it.each([
    [undefined, '–'],
    [1234567, '1,234,567'],
    [12345678901234567, '1.235e+16'],
    [0.98765432, '0.9877'],
    [0.00001234, '1.234e-5'],
    [Number.NaN, 'NaN'],
  ])('writes the number %p as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it.each([
    [420, '420 ms'],
    [12_340, '12.3 s'],
    [245_000, '4 min 05 s'],
    [10_920_000, '3 h 02 min'],
  ])('writes %p milliseconds as %s', (value, text) => {
    expect(formatDuration(value)).toBe(text);
  });

  it.each([
    [512, '512 B'],
    [1400, '1.4 kB'],
    [33_000_000, '33 MB'],
  ])('writes %p bytes as %s', (value, text) => {
    expect(formatBytes(value)).toBe(text);
  });

  it.each([
    ['PT30M', '30 minutes'],
    ['PT1H', '1 hour'],
    ['P1DT12H', '1 day 12 hours'],
    ['PT90M5S', '90 minutes 5 seconds'],
    ['P1M', '1 month'],
    ['PT1M', '1 minute'],
    ['PT0S', '0 seconds'],
    ['P', 'P'],
    ['P1DT', 'P1DT'],
    ['30 minutes', '30 minutes'],
  ])('writes the time span %s as %s', (iso, text) => {
    expect(formatTimeSpan(iso)).toBe(text);
  });

  it('says how long ago', () => {
    const now = new Date('2026-11-21T12:00:00Z');
    expect(formatRelative('2026-11-21T11:55:00Z', now)).toBe('5 minutes ago');
    expect(formatRelative('2026-11-21T12:00:04Z', now)).toBe('just now');
  });
});
