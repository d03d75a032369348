const dayMs = 24 * 60 * 60 * 1000;

/** The day that is so many days from now, in UTC: `2027-02-27`. */
export function dayAfter(now: Date, days: number): string {
  return new Date(now.getTime() + days * dayMs).toISOString().slice(0, 10);
}

/** The last second of a day, in UTC: a grant until a day covers that day. */
export function endOf(day: string): string {
  return `${day}T23:59:59.000Z`;
}
