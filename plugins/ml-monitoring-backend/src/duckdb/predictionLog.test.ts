import { createMockDirectory } from '@backstage/backend-test-utils';
import { withDuckDb } from './openDuckDb';
import { openLog } from './predictionLog';

describe('openLog', () => {
  const directory = createMockDirectory();

  it('reads files of earlier gateways, whose rows have no id, beside those of today', async () => {
    directory.setContent({ v1: {} });
    const columns = `1 AS version, 17.9 AS "feature.radius", TIMESTAMP '2026-03-01 10:00:00' AS "at"`;
    const files = ['old', 'new'].map(name =>
      directory.resolve(`v1/${name}.parquet`),
    );
    await withDuckDb(async connection => {
      const write = (name: string, select: string) =>
        connection.run(
          `COPY (${select}) TO '${directory.resolve(
            `v1/${name}.parquet`,
          )}' (FORMAT parquet)`,
        );
      await write('old', `SELECT 'r1' AS request_id, ${columns}`);
      const slice = { files, version: 1 };
      expect(
        await openLog(connection, { ...slice, files: files.slice(0, 1) }),
      ).toMatchObject({ rows: 1 });
      await write(
        'new',
        `SELECT 'p1/' || i AS prediction_id, 'r1' AS request_id, i::INTEGER AS "row", ${columns} FROM range(2) t(i)`,
      );
      expect(await openLog(connection, slice)).toMatchObject({ rows: 3 });
      const reader = await connection.runAndReadAll(
        'SELECT prediction_id, "row", request_id FROM logged ORDER BY 1 NULLS FIRST',
      );
      expect(reader.getRowsJS()).toEqual([
        [null, null, 'r1'],
        ['p1/0', 0, 'r1'],
        ['p1/1', 1, 'r1'],
      ]);
    });
  });

  it('takes whole requests when the newest predictions are asked for', async () => {
    directory.setContent({ v1: {} });
    const file = directory.resolve('v1/a.parquet');
    await withDuckDb(async connection => {
      // A request of 300 rows, and after it one of 150 whose rows differ from end to end.
      await connection.run(
        `COPY (SELECT 1 AS version, i AS dose, TIMESTAMP '2026-03-01 10:00:00' + INTERVAL (i // 300) SECOND AS "at"
         FROM range(450) t(i)) TO '${file}' (FORMAT parquet)`,
      );
      const slice = { files: [file], version: 1 };
      expect(
        await openLog(connection, { ...slice, latest: 100 }),
      ).toMatchObject({ rows: 150 });
      const reader = await connection.runAndReadAll(
        'SELECT min(dose), max(dose) FROM logged',
      );
      expect(reader.getRowsJS().map(row => row.map(Number))).toEqual([
        [300, 449],
      ]);
      expect(
        await openLog(connection, { ...slice, latest: 200 }),
      ).toMatchObject({ rows: 450 });
    });
  });
});
