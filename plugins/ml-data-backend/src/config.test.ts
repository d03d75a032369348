import { mockServices } from '@backstage/backend-test-utils';
import { readMlDataConfig } from './config';

const read = (mlData: object) =>
  readMlDataConfig(
    mockServices.rootConfig({
      data: {
        downstage: { dataDir: '/data' },
        backend: { database: { connection: { directory: '/databases' } } },
        mlData,
      } as never,
    }),
  );

describe('readMlDataConfig', () => {
  it('has no root but those that are named, and the portal keeps its own folders', () => {
    expect(read({}).roots).toEqual({
      roots: [],
      own: ['/data', '/databases'],
    });
  });

  it('reads paths, and paths with the groups that may register from them', () => {
    expect(
      read({
        roots: ['/a', { path: '/b', groups: ['group:default/credit', 'risk'] }],
      }).roots.roots,
    ).toEqual([
      { path: '/a' },
      {
        path: '/b',
        groups: ['group:default/credit', 'group:default/risk'],
      },
    ]);
  });

  it.each([['/a'], [[{ groups: [] }]], [[{ path: '/b', groups: 'x' }]]])(
    'refuses %p and says what is expected',
    roots => {
      expect(() => read({ roots })).toThrow(/mlData\.roots.*expected/);
    },
  );
});
