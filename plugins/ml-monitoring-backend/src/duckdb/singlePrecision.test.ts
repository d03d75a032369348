import type {
  CategoricalBaseline,
  NumericBaseline,
} from '@downstage/plugin-ml-monitoring-common';
import { countWindow } from './countWindow';
import { measureBaseline } from './measureBaseline';
import { withDuckDb } from './openDuckDb';
import { countOverNumbers, shortest32 } from './singlePrecision';

/** A column as it was trained on, and as a model of 32-bit floats got it. */
async function served(values: number[], as: (value: number) => number) {
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
        role: 'feature',
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

describe('countOverNumbers', () => {
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
