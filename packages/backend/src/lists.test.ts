import { z } from 'zod';
import { contracts } from './__testUtils__/everyDomain';

/** Lists that do not grow with what people make, and why. */
const bounded: Record<string, string> = {
  'ml-tokens listScopes': 'one for each kind of work of the installed plugins',
  'ml-monitoring listDetectors':
    'kinds of monitors, one for each detector that is installed',
  'ml-registry getGarbageCollection':
    'one look; the largest of what it found, of which a fixed number is shown',
  'ml-registry listRunFields':
    'names in the newest runs, of which the server reads a fixed number',
};

const shapeOf = (schema: unknown): string[] =>
  schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];

const lists = Object.entries(contracts).flatMap(([plugin, contract]) =>
  Object.entries(contract)
    .filter(
      ([id, { method, response }]) =>
        method === 'get' &&
        (/^(list|search)/.test(id) || shapeOf(response).includes('items')),
    )
    .map(([id, operation]) => ({ name: `${plugin} ${id}`, operation })),
);

describe('every list of every contract (R2)', () => {
  it('finds lists', () => expect(lists.length).toBeGreaterThan(20));

  it.each(lists.filter(({ name }) => !bounded[name]))(
    '$name: takes a cursor and a limit, and answers the next cursor',
    ({ operation }) => {
      expect(shapeOf(operation.query)).toEqual(
        expect.arrayContaining(['cursor', 'limit']),
      );
      expect(shapeOf(operation.response)).toEqual(
        expect.arrayContaining(['items', 'nextCursor']),
      );
      // Neither has to be given, so that who knows no pages is answered too.
      const { cursor, limit } = operation.query!.shape;
      expect(cursor.safeParse(undefined).success).toBe(true);
      expect(limit.safeParse(undefined).success).toBe(true);
      expect(limit.safeParse(1_000_000).success).toBe(false);
    },
  );

  it('has no exception for a list that is gone', () => {
    expect(lists.map(({ name }) => name)).toEqual(
      expect.arrayContaining(Object.keys(bounded)),
    );
  });
});
