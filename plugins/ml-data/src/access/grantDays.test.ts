import { dayAfter, endOf } from './grantDays';

describe('grantDays', () => {
  it('counts days in UTC, and a last day runs to its end', () => {
    const late = new Date('2026-11-29T23:30:00.000Z');
    expect(dayAfter(late, 0)).toBe('2026-11-29');
    expect(dayAfter(late, 90)).toBe('2027-02-27');
    expect(endOf('2027-02-27')).toBe('2027-02-27T23:59:59.000Z');
  });
});
