import type { DuckDBConnection } from '@duckdb/node-api';
import { withDuckDb } from './openDuckDb';
import { readValues } from './readValues';

/** The values of the roles, of rows that a statement makes. */
const read = (rows: string, only?: string[]) =>
  withDuckDb(async (connection: DuckDBConnection) => {
    await connection.run(`CREATE TEMP VIEW logged AS ${rows}`);
    return readValues(connection, 'logged', {
      roles: ['prediction'],
      only,
    });
  });

const at = (n: string) => `TIMESTAMP '2026-03-01' + to_seconds(${n}) AS "at"`;

describe('readValues', () => {
  it('reads the columns of the roles that are asked for, the newest rows first', async () => {
    const found = await read(
      `SELECT ${at(
        'n',
      )}, 'r/' || n AS prediction_id, n::INTEGER AS "prediction.class",
        'c' || n AS "prediction.name", n > 1 AS "prediction.yes", 1 AS "feature.radius"
        FROM range(3) AS numbers(n)`,
    );
    expect(found).toEqual({
      names: ['prediction.class', 'prediction.name', 'prediction.yes'],
      rows: 3,
      predictionIds: ['r/2', 'r/1', 'r/0'],
      columns: {
        'prediction.class': [2, 1, 0],
        'prediction.name': ['c2', 'c1', 'c0'],
        'prediction.yes': [true, false, false],
      },
    });
  });

  it('says of what is no number, and of logs without ids, that nothing is known', async () => {
    const found = await read(
      `SELECT ${at(
        '0',
      )}, 'NaN'::DOUBLE AS "prediction.a", NULL::DOUBLE AS "prediction.b"`,
    );
    expect(found).toEqual({
      names: ['prediction.a', 'prediction.b'],
      rows: 1,
      predictionIds: [undefined],
      columns: { 'prediction.a': [null], 'prediction.b': [null] },
    });
  });

  it('reads 50,000 rows at most, and fewer where their texts are long', async () => {
    const rows = (text: string) =>
      `SELECT ${at('n')}, 'r' AS prediction_id, ${text} AS "prediction.name"
        FROM range(60000) AS numbers(n)`;
    expect((await read(rows(`'a'`))).rows).toBe(50_000);
    const long = await read(rows(`repeat('x', 10000)`));
    expect(long.columns['prediction.name'][0]).toHaveLength(500);
    expect(long.rows).toBeLessThan(40_000);
    expect(long.rows).toBeGreaterThan(30_000);
  });

  it('reads none but the columns that are named, and tells which there are', async () => {
    // A value that fails when it is read: DuckDB leaves out what nobody selects.
    const rows = `SELECT ${at(
      '1',
    )}, 'r/0' AS prediction_id, 1 AS "prediction.a",
      error('read') AS "prediction.b", 2 AS "feature.c"`;
    expect(
      await read(rows, ['prediction.a', 'prediction.no', 'feature.c']),
    ).toEqual({
      names: ['prediction.a', 'prediction.b'],
      rows: 1,
      predictionIds: ['r/0'],
      columns: { 'prediction.a': [1] },
    });
    await expect(read(rows)).rejects.toThrow('read');
  });

  it('reads fewer rows of many columns, and stops within a chunk where texts are long', async () => {
    const columns = (count: number, value: string) =>
      Array.from(
        { length: count },
        (_, n) => `${value} AS "prediction.c${n}"`,
      ).join(', ');
    const rows = (count: number, value: string) =>
      `SELECT ${at('n')}, 'r' AS prediction_id, ${columns(count, value)}
        FROM range(6000) AS numbers(n)`;
    // 4,000,000 values are 32 MB.
    expect((await read(rows(1000, '1'))).rows).toBe(4000);
    // A row of these has 60 kB, and a chunk of DuckDB 2,048 rows.
    const long = await read(rows(60, `repeat('x', 500)`));
    expect(long.rows).toBeGreaterThan(500);
    expect(long.rows).toBeLessThan(600);
  });
});
