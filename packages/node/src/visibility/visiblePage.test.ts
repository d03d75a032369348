import { visiblePage } from './visiblePage';

/** A list of numbers, of which some can be seen. */
const pageOf = (size: number, sees: (row: number) => boolean) => {
  const asked: number[] = [];
  const page = (limit: number, from?: number) =>
    visiblePage<number>({
      limit,
      read: async (after, count) => {
        asked.push(count);
        const start = (after ?? from ?? -1) + 1;
        return Array.from({ length: size }, (_, row) => row).slice(
          start,
          start + count,
        );
      },
      visible: async rows => rows.filter(sees),
    });
  return { asked, page };
};

describe('a page with rows left out', () => {
  it('is read at once where everything can be seen', async () => {
    const { page, asked } = pageOf(5, () => true);
    expect(await page(2)).toEqual({ items: [0, 1], last: 1 });
    expect(await page(2, 1)).toEqual({ items: [2, 3], last: 3 });
    expect(await page(2, 3)).toEqual({ items: [4] });
    expect(asked).toEqual([3, 3, 3]);
  });

  it('is full although most rows are hidden, and no row is lost or shown twice', async () => {
    const { page } = pageOf(40, row => row % 10 === 3);
    const seen: number[] = [];
    let from: number | undefined;
    do {
      const { items, last } = await page(3, from);
      seen.push(...items);
      from = last;
    } while (from !== undefined);
    expect(seen).toEqual([3, 13, 23, 33]);
  });

  it('names no hidden row in its cursor, also after many of them', async () => {
    const { page, asked } = pageOf(10_000, row => row % 5_000 === 4_999);
    expect(await page(1)).toEqual({ items: [4_999], last: 4_999 });
    expect(asked.slice(0, 4)).toEqual([2, 4, 8, 16]);
    expect(Math.max(...asked)).toBe(1_000);
  });

  it('ends after twenty reads with what it has, and says that more may follow', async () => {
    const { page, asked } = pageOf(100_000, row => row === 99_999);
    const read = 10 + 20 + 40 + 80 + 160 + 320 + 640 + 13 * 1_000;
    expect(await page(9)).toEqual({ items: [], last: read - 1 });
    expect(asked).toHaveLength(20);
  });
});
