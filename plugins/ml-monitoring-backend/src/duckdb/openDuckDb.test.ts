import { DuckDBInstance } from '@duckdb/node-api';
import { withDuckDb } from './openDuckDb';

/** A step that comes when it is told to. */
function held() {
  let tell: () => void = () => {};
  const told = new Promise<void>(resolve => {
    tell = resolve;
  });
  return { told, tell };
}

describe('withDuckDb', () => {
  it('runs one task at a time, in the order in which they were asked for', async () => {
    const [entered, release] = [held(), held()];
    const seen: string[] = [];
    const first = withDuckDb(async connection => {
      seen.push('first begins');
      entered.tell();
      await release.told;
      await connection.run('SELECT 1');
      seen.push('first ends');
    });
    const others = ['second', 'third'].map(name =>
      withDuckDb(async connection => {
        seen.push(`${name} begins`);
        await connection.run('SELECT 1');
        seen.push(`${name} ends`);
      }),
    );
    await entered.told;
    // A database that waits for no turn has answered meanwhile; so would the next task, if it did not wait.
    const instance = await DuckDBInstance.create(':memory:');
    const free = await instance.connect();
    await free.run('SELECT sum(range) FROM range(1000000)');
    free.closeSync();
    instance.closeSync();
    expect(seen).toEqual(['first begins']);
    release.tell();
    await Promise.all([first, ...others]);
    expect(seen).toEqual([
      ...['first begins', 'first ends'],
      ...['second begins', 'second ends'],
      ...['third begins', 'third ends'],
    ]);
  });

  it('goes on after a task that failed, and tells its own caller alone', async () => {
    const failed = withDuckDb(connection => connection.run('SELECT nothing'));
    const next = withDuckDb(async connection =>
      (await connection.runAndReadAll('SELECT 41 + 1')).getRowsJS(),
    );
    await expect(failed).rejects.toThrow(/nothing/);
    expect(await next).toEqual([[42]]);
  });

  it('gives every task a database of its own', async () => {
    await withDuckDb(connection => connection.run('CREATE TABLE t (x INT)'));
    await expect(
      withDuckDb(connection => connection.run('SELECT * FROM t')),
    ).rejects.toThrow(/t does not exist/);
  });
});
