import type {
  CategoricalBaseline,
  NumericBaseline,
} from '@downstage/plugin-ml-monitoring-common';
import { countWindow } from './countWindow';
import { measureBaseline, type WantedColumn } from './measureBaseline';
import { withDuckDb } from './openDuckDb';
import { countOverNumbers, shortest32 } from './singlePrecision';

/** A column as it was trained on, and as a model of 32-bit floats got it or answered it. */
async function served(
  values: number[],
  as: (value: number, row: number) => number,
  role: WantedColumn['role'] = 'feature',
) {
  return withDuckDb(async connection => {
    const list = (items: number[]) =>
      items.map(value => `('${value}'::DOUBLE)`).join(', ');
    await connection.run(
      `CREATE TABLE trained AS SELECT * FROM (VALUES ${list(values)}) t(dose)`,
    );
    await connection.run(
      `CREATE TABLE logged AS SELECT * FROM (VALUES ${list(
        values.map(as),
      )}) t("feature.dose")`,
    );
    const { columns } = await measureBaseline(connection, 'trained', [
      {
        source: 'dose',
        column: 'feature.dose',
        name: 'dose',
        role,
      },
    ]);
    const [counted] = await countWindow(
      connection,
      'logged',
      columns,
      values.length,
    );
    return { baseline: columns[0], counted };
  });
}

describe.each([
  ['the shortest decimal', shortest32],
  ['the float itself', Math.fround],
])('values of 64 bits that were logged as %s of 32', (_, as) => {
  it('are the categories they were trained on, and none is new (folder 32)', async () => {
    const values = [
      0.123456789012, 1.987654321098, 2.555555555555, 3.141592653589,
    ];
    const { baseline, counted } = await served(values, as);
    expect(baseline.kind).toBe('categorical');
    expect(counted).toMatchObject({
      counts: (baseline as CategoricalBaseline).counts,
      unseen: [],
    });
  });

  it('stay in their bins, and in the range', async () => {
    const values = Array.from(
      { length: 300 },
      (__, i) => Math.floor(i / 10) / 7 + 0.000000012345,
    );
    const { baseline, counted } = await served(values, as);
    expect(baseline.kind).toBe('numeric');
    expect(counted).toMatchObject({
      counts: (baseline as NumericBaseline).counts,
      below: 0,
      above: 0,
    });
  });
});

describe('predictions that many rows share', () => {
  const leaves = Array.from({ length: 30 }, (_, leaf) => (leaf + 1) / 31);
  const rowsOf: Record<number, number> = { 7: 180, 29: 120 };
  // Each row's answer is a little more or less at the gateway than in the run.
  const recomputed = (value: number, row: number) =>
    Math.fround(value * (1 + (row % 3 === 0 ? -3e-7 : 3e-7)));

  it.each([
    // Ten rows a leaf: each decile lies on a leaf or between two.
    ['everywhere', leaves.flatMap(leaf => new Array<number>(10).fill(leaf))],
    // Of one leaf half of all rows, and a third of the greatest one.
    [
      'at a few',
      leaves.flatMap((leaf, index) =>
        new Array<number>(rowsOf[index] ?? 2).fill(leaf),
      ),
    ],
    // The run itself summed in two orders.
    [
      'nearly',
      leaves.flatMap(leaf =>
        Array.from({ length: 10 }, (_, row) => leaf + (row % 2) * 1e-9),
      ),
    ],
  ])('stay in their bins: ties %s', async (_, values) => {
    const { baseline, counted } = await served(
      values,
      recomputed,
      'prediction',
    );
    expect(baseline).toMatchObject({ kind: 'numeric', nulls: 0 });
    expect(baseline.counts.reduce((sum, count) => sum + count, 0)).toBe(
      values.length,
    );
    expect(counted).toMatchObject({
      counts: baseline.counts,
      below: 0,
      above: 0,
    });
  });

  it('are counted as before where none are shared', async () => {
    const values = Array.from({ length: 1000 }, (_, i) => i / 999);
    const { baseline } = await served(values, recomputed, 'prediction');
    expect(baseline.counts).toEqual(new Array(10).fill(100));
  });
});

describe('countOverNumbers', () => {
  const recorded = [
    '0.006474971771240234',
    '0.8307749629020691',
    '0.15855324268341064',
    '0.9999954104423523',
  ];
  const answered = [0.006475061, 0.83077496, 0.15855327, 0.99999547].map(
    value => ({ value, count: 100 }),
  );

  it('takes predictions that the gateway computes a little otherwise for those that the run recorded (folder 32)', () => {
    expect(
      countOverNumbers(recorded, [26, 26, 24, 24, 0], answered, {
        computed: true,
      }),
    ).toEqual({ counts: [100, 100, 100, 100, 0], unseen: [] });
  });

  it('takes neither another prediction nor another feature for a known one', () => {
    expect(
      countOverNumbers(
        recorded,
        [26, 26, 24, 24, 0],
        [{ value: 0.1588, count: 7 }],
        { computed: true },
      ),
    ).toEqual({
      counts: [0, 0, 0, 0, 7],
      unseen: [{ value: 0.1588, count: 7 }],
    });
    expect(
      countOverNumbers(recorded, [26, 26, 24, 24, 0], answered).unseen,
    ).toHaveLength(3);
  });

  it('shares what 32 bits cannot tell apart in the proportions of the baseline', () => {
    expect(
      countOverNumbers(
        ['16777216', '16777217', '5'],
        [30, 10, 60, 0],
        [
          { value: 16777216, count: 8 },
          { value: 5.000000001, count: 2 },
        ],
      ),
    ).toEqual({ counts: [6, 2, 2, 0], unseen: [] });
  });

  it('keeps apart what is logged to the last digit', () => {
    expect(
      countOverNumbers(
        ['16777216', '16777217'],
        [30, 10, 0],
        [
          { value: 16777216, count: 1 },
          { value: 16777217, count: 9 },
        ],
      ).counts,
    ).toEqual([1, 9, 0]);
  });

  it('calls new what is new', () => {
    expect(
      countOverNumbers(['0.1'], [1, 0], [{ value: 0.2, count: 3 }]),
    ).toEqual({ counts: [0, 3], unseen: [{ value: 0.2, count: 3 }] });
  });
});
