import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { knex as connect, type Knex } from 'knex';
import { compileOrder, runTables } from '../../search/compile';
import { runVocabulary } from '../../search/vocabulary';
import { readHistory, readHistoryToken } from '../history';
import { RunDataStore } from './RunDataStore';
import { RunStore, type HistoryPosition } from './RunStore';
import { tuneSqlite } from '../../kernel/database/sqliteFile';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

async function migrated(knex: Knex) {
  await knex.migrate.latest({
    directory: resolvePackagePath(
      '@downstage/plugin-ml-registry-backend',
      'migrations',
    ),
  });
  return { knex, runs: new RunStore(knex), data: new RunDataStore() };
}

function aRun(runId: string, startTime = 1) {
  return {
    runId,
    experimentId: '0',
    name: runId,
    status: 'RUNNING',
    userId: 'ann',
    startTime,
    lifecycleStage: 'active' as const,
    artifactUri: `mlflow-artifacts:/0/${runId}/artifacts`,
  };
}

function batch(metrics: [key: string, value: number, step: number][]) {
  return {
    metrics: metrics.map(([key, value, step]) => ({
      key,
      value,
      step,
      timestamp: 1_700_000_000_000,
    })),
    params: [],
    tags: [],
  };
}

const aPoint = (value: number, step: number): [string, number, number] => [
  'm',
  value,
  step,
];

const newest = [
  { sql: 'runs.start_time', bindings: [], descending: true },
  { sql: 'runs.run_id', bindings: [], descending: false },
];

describe.each(databases.eachSupportedId())('RunStore, %p', id => {
  it('gives what belongs to a run as lists by key, with every digit, NaN and infinities', async () => {
    const { knex, runs, data } = await migrated(await databases.init(id));
    await runs.create(knex, aRun('a'), [
      { key: 'b', value: 'quoted " and \\ and \n' },
      { key: 'B', value: '' },
    ]);
    await data.writeBatch(knex, 'a', {
      ...batch([
        ['third', 1 / 3, 0],
        ['nan', NaN, 0],
        ['inf', -Infinity, 0],
        ['tiny', 5e-324, 0],
      ]),
      params: [{ key: 'p', value: '𝒫 é' }],
    });
    const text = await runs.findText('a');
    expect(JSON.parse(text?.tags ?? '')).toEqual([
      { key: 'B', value: '' },
      { key: 'b', value: 'quoted " and \\ and \n' },
    ]);
    expect(JSON.parse(text?.metrics ?? '')).toMatchObject([
      { key: 'inf', value: '-Infinity' },
      { key: 'nan', value: 'NaN' },
      { key: 'third', value: 1 / 3 },
      { key: 'tiny', value: 5e-324 },
    ]);
    const run = await runs.find('a');
    expect(run?.params).toEqual([{ key: 'p', value: '𝒫 é' }]);
    expect(run?.metrics.map(({ value }) => value)).toEqual([
      -Infinity,
      NaN,
      1 / 3,
      5e-324,
    ]);
  });

  it('pages through a history of points that share time and step, each once', async () => {
    const { knex, runs, data } = await migrated(await databases.init(id));
    await runs.create(knex, aRun('a'), [{ key: 't', value: '' }]);
    const values = [0, NaN, 1, Infinity, -Infinity, 0.1];
    await data.writeBatch(
      knex,
      'a',
      batch([0, 1].flatMap(step => values.map(value => aPoint(value, step)))),
    );
    const seen: unknown[] = [];
    let after: HistoryPosition | undefined;
    for (let page = 0; page < 20; page += 1) {
      const history = readHistory(runs, {
        runId: 'a',
        key: 'm',
        limit: 5,
        after,
      });
      let piece = await history.next();
      for (; !piece.done; piece = await history.next()) {
        seen.push(...JSON.parse(piece.value));
      }
      if (!piece.value) break;
      after = readHistoryToken(piece.value);
    }
    expect(seen).toHaveLength(12);
    expect(new Set(seen.map(point => JSON.stringify(point))).size).toBe(12);
    expect(seen[0]).toMatchObject({ value: '-Infinity', step: 0 });
  });

  it('finds a page that is longer than what is read in one go, each run once and in order', async () => {
    const { knex, runs } = await migrated(await databases.init(id));
    const count = 4_321;
    await knex.batchInsert(
      'runs',
      Array.from({ length: count }, (_, index) => ({
        run_id: `run-${index}`,
        experiment_id: 0,
        name: 'run',
        status: 'FINISHED',
        start_time: index,
        artifact_uri: '',
      })),
      50,
    );
    const page = await runs.search({
      experimentIds: ['0'],
      lifecycleStages: ['active'],
      where: [],
      terms: newest,
      limit: 4_200,
    });
    expect(page.runs.map(run => run.startTime)).toEqual(
      Array.from({ length: 4_200 }, (_, index) => count - 1 - index),
    );
    const rest = await runs.search({
      experimentIds: ['0'],
      lifecycleStages: ['active'],
      where: [],
      terms: newest,
      limit: 4_200,
      pageToken: page.nextPageToken,
    });
    expect(rest.runs).toHaveLength(121);
    expect(rest.nextPageToken).toBeUndefined();
  });

  it('orders many runs by a metric, page after page, from those that have it to those that have not', async () => {
    const { knex, runs } = await migrated(await databases.init(id));
    const count = 2_400;
    const names = Array.from({ length: count }, (_, index) => `run-${index}`);
    await knex.batchInsert(
      'runs',
      names.map((name, index) => ({
        run_id: name,
        experiment_id: 0,
        name,
        status: 'FINISHED',
        start_time: index,
        artifact_uri: '',
      })),
      50,
    );
    await knex.batchInsert(
      'latest_metrics',
      names.slice(0, 2_300).map((name, index) => ({
        run_id: name,
        key: 'm',
        // Seven runs share each value.
        value: Math.floor(index / 7),
        is_nan: false,
        timestamp: 1,
        step: 0,
      })),
      50,
    );
    const terms = [
      ...compileOrder(
        { entity: 'metric', key: 'm', descending: true },
        { vocabulary: runVocabulary, tables: runTables, database: knex },
      ),
      ...newest,
    ];
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await runs.search({
        experimentIds: ['0'],
        lifecycleStages: ['active'],
        where: [],
        terms,
        byMetric: 'm',
        limit: 450,
        pageToken,
      });
      seen.push(...page.runs.map(run => run.runId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    const inOrder = [
      ...names.slice(0, 2_300).reverse(),
      ...names.slice(2_300).reverse(),
    ];
    expect(seen).toEqual(inOrder);
  });

  it('takes points away with their run', async () => {
    const { knex, runs, data } = await migrated(await databases.init(id));
    for (const name of ['a', 'b']) {
      await runs.create(knex, aRun(name), [{ key: 't', value: '' }]);
      await data.writeBatch(knex, name, batch([['m', 1, 0]]));
    }
    await knex('runs').where('run_id', 'a').delete();
    expect(await knex('metrics').select('run_id')).toEqual([{ run_id: 'b' }]);
    expect(await data.writeBatch(knex, 'a', batch([['m', 1, 0]]))).toBe(
      'not active',
    );
  });
});

describe('RunStore on a SQLite file', () => {
  it('reads by threads, which see what was committed before', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'run-store-'));
    const file = connect({
      client: 'better-sqlite3',
      connection: { filename: join(folder, 'registry.sqlite') },
      useNullAsDefault: true,
    });
    try {
      const { knex, runs, data } = await migrated(file);
      await tuneSqlite(knex);
      for (let round = 0; round < 5; round += 1) {
        const name = `run-${round}`;
        await runs.create(knex, aRun(name, round), [{ key: 't', value: '' }]);
        await data.writeBatch(knex, name, batch([['m', round, 0]]));
        const found = await Promise.all(
          Array.from({ length: 3 }, () =>
            runs.search({
              experimentIds: ['0'],
              lifecycleStages: ['active'],
              where: [],
              terms: newest,
              limit: 1,
            }),
          ),
        );
        for (const page of found) {
          expect(page.runs[0]).toMatchObject({
            runId: name,
            metrics: [{ key: 'm', value: round }],
          });
        }
      }
      await expect(
        runs.search({
          experimentIds: ['0'],
          lifecycleStages: ['active'],
          where: [{ sql: 'no_such_column = ?', bindings: [1] }],
          terms: newest,
          limit: 1,
        }),
      ).rejects.toThrow(/no_such_column/);
    } finally {
      await file.destroy();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
