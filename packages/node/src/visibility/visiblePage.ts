const mostRounds = 20;
const mostRows = 1_000;

/**
 * A page of a list from which some rows are left out after they were read: those whose entity the catalog hides.
 *
 * @remarks
 * It reads on until the page is full, at most twenty times. Each time it reads twice as many rows, at most a thousand.
 * So a page may be short although others follow. Its cursor may then name a row that is left out. This happens only
 * after more than ten thousand left-out rows in a row.
 */
export async function visiblePage<T>(options: {
  limit: number;
  /** So many rows from the one after the last one seen; from the beginning without it. */
  read: (after: T | undefined, count: number) => Promise<T[]>;
  /** Those that the caller may see, in the same order. */
  visible: (rows: T[]) => Promise<T[]>;
}): Promise<{
  items: T[];
  /** The row after which the next page begins; `undefined` at the end of the list. */
  last?: T;
}> {
  const { limit, read, visible } = options;
  const items: T[] = [];
  let last: T | undefined;
  for (let round = 0; round < mostRounds; round++) {
    const wanted = Math.max(
      limit + 1,
      Math.min((limit + 1) * 2 ** round, mostRows),
    );
    const rows = await read(last, wanted);
    for (const row of await visible(rows)) {
      // One more than fits: there is a next page, and it begins after the last one that fits.
      if (items.length === limit) return { items, last: items.at(-1) };
      items.push(row);
    }
    if (rows.length < wanted) return { items };
    last = rows.at(-1);
  }
  return { items, last };
}
