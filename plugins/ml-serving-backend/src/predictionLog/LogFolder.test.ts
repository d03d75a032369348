import { rm } from 'node:fs/promises';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { countOpenRows, LogFolder } from './LogFolder';
import { withDuckDb } from './withDuckDb';

describe('countOpenRows', () => {
  const directory = createMockDirectory();

  it('counts the rows of lines that hold many, and lines of earlier gateways as one', async () => {
    directory.setContent({
      'v1-a.ndjson': '{"rows":32,"at":"x"}\n{"rows":1,"at":"x"}\n',
      'v1-b.ndjson': '{"request_id":"r","rows":7}\n{"request_id":"s"}\n',
      // Torn by a crash: not a whole line, and so no rows.
      'v1-c.ndjson': '{"rows":2,"at":"x"}\n{"rows":5,"at":',
      'v2-a.ndjson': '{"rows":100,"at":"x"}\n',
    });
    const files = ['v1-a', 'v1-b', 'v1-c', 'v2-a', 'v1-gone'].map(name =>
      directory.resolve(`${name}.ndjson`),
    );
    expect(await countOpenRows(files, 1)).toBe(37);
    expect(await countOpenRows(files, 2)).toBe(100);
  });
});

describe('withDuckDb', () => {
  it('does not begin what nobody waits for any more', async () => {
    let finish = () => {};
    const finished = new Promise<void>(resolve => {
      finish = resolve;
    });
    const running = withDuckDb(() => finished);
    const gone = new AbortController();
    const task = jest.fn();
    const waiting = withDuckDb(task, gone.signal);
    const next = withDuckDb(async () => 'next');
    gone.abort();
    finish();
    await running;
    await expect(waiting).rejects.toThrow('aborted');
    expect(task).not.toHaveBeenCalled();
    await expect(next).resolves.toBe('next');
  });
});

describe('LogFolder', () => {
  const directory = createMockDirectory();

  /** A row of a version at a time, in the file of a name. */
  async function write(name: string, rows: [version: number, at: string][]) {
    const values = rows
      .map(([version, at]) => `(${version}, TIMESTAMP '${at}')`)
      .join(', ');
    await withDuckDb(connection =>
      connection.run(
        `COPY (SELECT * FROM (VALUES ${values}) t(version, "at")) TO '${directory.resolve(
          name,
        )}' (FORMAT parquet)`,
      ),
    );
  }

  it('lists files newest first, of one version and from one day on', async () => {
    directory.setContent({
      log: {
        v1: {
          'date=2026-03-01': {
            'v1-20260301T100000000Z-b.parquet': '',
            'v1-20260301T110000000Z-a.parquet': '',
            'half.parquet.tmp': '',
          },
          'date=2026-03-02': { 'v1-20260302T100000000Z-c.parquet': '' },
        },
        v12: {
          'date=2026-03-01': { 'v12-20260301T103000000Z-d.parquet': '' },
        },
        open: { 'v1-e.ndjson': '', 'v1-e.columns.json': '' },
        other: { 'date=2026-03-01': { 'x.parquet': '' } },
      },
    });
    const folder = new LogFolder(directory.resolve('log'));
    const ids = async (filter?: Parameters<LogFolder['files']>[0]) =>
      (await folder.files(filter)).map(({ id }) => id);
    expect(await ids()).toEqual([
      'v1/2026-03-02/v1-20260302T100000000Z-c.parquet',
      'v1/2026-03-01/v1-20260301T110000000Z-a.parquet',
      'v12/2026-03-01/v12-20260301T103000000Z-d.parquet',
      'v1/2026-03-01/v1-20260301T100000000Z-b.parquet',
    ]);
    expect(await ids({ version: 12 })).toHaveLength(1);
    expect(
      await ids({ version: 1, after: '2026-03-02T00:00:00.000001Z' }),
    ).toEqual(['v1/2026-03-02/v1-20260302T100000000Z-c.parquet']);
    expect(await folder.open()).toEqual([
      directory.resolve('log/open/v1-e.ndjson'),
    ]);
  });

  it.each([
    '../../secret.parquet',
    'v1/2026-03-01/../../secret.parquet',
    'v1/2026-03-01/a/b.parquet',
    'v1/2026-03-01/secret',
    'v1/..%2f/a.parquet',
  ])('takes %s for no file', id => {
    expect(new LogFolder('/log').find(id)).toBeUndefined();
  });

  it('counts what was made after a time, to the microsecond', async () => {
    directory.setContent({ log: { v1: { 'date=2026-03-01': {} } } });
    await write('log/v1/date=2026-03-01/a.parquet', [
      [1, '2026-03-01 10:00:00.000001'],
      [1, '2026-03-01 10:00:00.000002'],
      [2, '2026-03-01 10:00:00.000003'],
    ]);
    const folder = new LogFolder(directory.resolve('log'));
    expect(await folder.count(1, undefined)).toBe(2);
    expect(await folder.count(1, '2026-03-01T10:00:00.000001Z')).toBe(1);
    expect(await folder.count(3, undefined)).toBe(0);
    const files = await folder.files();
    expect(await folder.rows(files)).toEqual(
      new Map([['v1/2026-03-01/a.parquet', 3]]),
    );
  });

  it('counts what is left where a file is removed by age after it was listed', async () => {
    directory.setContent({ log: { v1: { 'date=2026-03-01': {} } } });
    for (const name of ['a', 'b']) {
      await write(`log/v1/date=2026-03-01/${name}.parquet`, [
        [1, '2026-03-01 10:00:00'],
      ]);
    }
    const folder = new LogFolder(directory.resolve('log'));
    const listed = await folder.files();
    expect(listed).toHaveLength(2);
    await rm(listed[1].path);
    expect([...(await folder.rows(listed))]).toEqual([[listed[0].id, 1]]);
    jest.spyOn(folder, 'files').mockResolvedValue(listed);
    expect(await folder.count(1, undefined)).toBe(1);
    await rm(listed[0].path);
    expect(await folder.count(1, undefined)).toBe(0);
    expect(await folder.rows(listed)).toEqual(new Map());
  });

  it('says so where a file that is there is no Parquet', async () => {
    directory.setContent({
      log: { v1: { 'date=2026-03-01': { 'a.parquet': 'torn' } } },
    });
    const folder = new LogFolder(directory.resolve('log'));
    await expect(folder.rows(await folder.files())).rejects.toThrow();
  });
});
