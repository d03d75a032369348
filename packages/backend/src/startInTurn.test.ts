import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { readConnection, takeTurn } from './startInTurn';

const databases = TestDatabases.create({ ids: ['POSTGRES_15'] });
const supported = databases.eachSupportedId();

(supported.length ? describe.each(supported) : describe.skip.each([['none']]))(
  'the turn to start, %p',
  databaseId => {
    it('is one portal’s after the other, and the second says that it waits', async () => {
      const client = await databases.init(databaseId as 'POSTGRES_15');
      const { connection } = client.client.config;
      const logger = mockServices.logger.mock();
      const first = await takeTurn(connection, { logger });
      expect(logger.info).not.toHaveBeenCalled();

      let looks = 0;
      const second = await takeTurn(connection, {
        logger,
        pause: async () => {
          looks += 1;
          if (looks === 3) await first.release();
        },
      });
      // Not before the first had ended.
      expect(looks).toBeGreaterThanOrEqual(3);
      expect(logger.info).toHaveBeenCalledWith(
        'Another portal is starting on this database; waiting for it (0 s)',
      );
      await second.release();
      const third = await takeTurn(connection, { logger });
      await third.release();
    });
  },
);

describe('the database of the turn', () => {
  const read = (database: object) =>
    readConnection(new ConfigReader({ backend: { database } }));

  it('is none on SQLite, and none of a cloud’s own connector', () => {
    expect(read({ client: 'better-sqlite3', connection: ':memory:' })).toBe(
      undefined,
    );
    expect(
      read({ client: 'pg', connection: { type: 'cloudsql', instance: 'i' } }),
    ).toBe(undefined);
    expect(readConnection(new ConfigReader({}))).toBe(undefined);
  });

  it.each([
    [
      { host: 'db', port: 5432 },
      { host: 'db', port: 5432, database: 'postgres' },
    ],
    [
      { host: 'db', database: 'portal' },
      { host: 'db', database: 'portal' },
    ],
    ['postgresql://me@db:5432', 'postgresql://me@db:5432/postgres'],
    ['postgresql://me@db/portal', 'postgresql://me@db/portal'],
  ])('of %j is %j', (connection, expected) => {
    expect(read({ client: 'pg', connection })).toEqual(expected);
  });
});
