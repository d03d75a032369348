import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import createKnex from 'knex';
import {
  foreignUsesIn,
  storesMadeTwiceIn,
  tablesNamedIn,
  tableUsesIn,
  unneededIn,
  unownedIn,
  type SharedTables,
  type TableOwners,
} from './__testUtils__/tables';

const root = resolve(__dirname, '../../..');

const aSearch =
  'filters and orders become conditions of one statement over the rows that are searched';
const aPage =
  'a page of runs is one statement, sorted and counted by the database';

/**
 * Which room writes SQL about which table, in each package whose rooms own tables; and what others say of them, each
 * with its reason. The list of exceptions shrinks.
 */
const databases: Record<
  string,
  { owns: TableOwners; shared: readonly SharedTables[] }
> = {
  'plugins/ml-data-backend': {
    owns: {
      datasets: ['dataset_owners'],
      access: ['dataset_grants'],
      versions: ['dataset_versions'],
      registrations: ['dataset_registrations'],
    },
    shared: [],
  },
  'plugins/ml-registry-backend': {
    owns: {
      kernel: ['shared_keys'],
      owners: ['model_ownership', 'model_entities', 'model_entity_sync'],
      ledger: ['ledger'],
      tracking: [
        'experiments',
        'experiment_tags',
        'runs',
        'run_tags',
        'run_parents',
        'run_datasets',
        'run_models',
        'datasets',
        'params',
        'metrics',
        'latest_metrics',
        'logged_models',
        'logged_model_metrics',
        'logged_model_params',
        'logged_model_tags',
      ],
      artifacts: ['artifacts', 'uploads'],
      traces: [
        'traces',
        'trace_tags',
        'trace_metadata',
        'trace_runs',
        'spans',
        'span_attributes',
        'assessments',
      ],
      evaluations: [
        'evaluation_datasets',
        'evaluation_dataset_records',
        'evaluation_dataset_tags',
        'evaluation_dataset_experiments',
      ],
      versions: [
        'registered_models',
        'registered_model_tags',
        'registered_model_aliases',
        'model_versions',
        'model_version_tags',
        'model_version_flavors',
      ],
      integrity: ['version_files', 'version_signatures'],
      governance: [
        'promotions',
        'promotion_approvals',
        'promotion_waivers',
        'break_glass',
        'version_checks',
      ],
      cards: ['version_cards', 'reproductions'],
      runPages: ['run_views'],
      webhooks: ['webhooks', 'webhook_deliveries'],
      imports: ['imports', 'import_items'],
      garbage: ['garbage_collections', 'garbage_items', 'deleted_versions'],
    },
    shared: [
      {
        room: 'search',
        because: aSearch,
        tables: [
          'assessments',
          'datasets',
          'evaluation_dataset_tags',
          'evaluation_datasets',
          'experiments',
          'latest_metrics',
          'logged_model_metrics',
          'logged_models',
          'model_version_flavors',
          'model_versions',
          'params',
          'registered_models',
          'run_datasets',
          'run_tags',
          'runs',
          'span_attributes',
          'spans',
          'trace_metadata',
          'trace_runs',
          'trace_tags',
          'traces',
        ],
      },
      {
        room: 'access',
        because:
          'who may read is one condition in SQL, which lists take into their own statement',
        tables: [
          'evaluation_dataset_experiments',
          'evaluation_datasets',
          'experiments',
          'logged_models',
          'model_entities',
          'model_versions',
          'registered_models',
          'run_datasets',
          'run_models',
          'run_parents',
          'run_tags',
          'runs',
          'trace_metadata',
          'trace_runs',
          'traces',
        ],
      },
      {
        room: 'owners',
        because:
          'a model has two columns for its owner: what people settled, and the copy from the catalog',
        tables: ['registered_models'],
      },
      {
        room: 'tracking',
        because:
          'a logged model tells which versions were made of it; the one arrow that still runs upwards',
        tables: ['model_versions'],
      },
      {
        room: 'versions',
        because:
          'a filter of versions speaks of what their runs logged, and a registered version marks its logged model',
        tables: ['latest_metrics', 'logged_model_tags', 'params'],
      },
      {
        room: 'versions',
        because:
          'lists of models are sorted, narrowed and counted by these, in one statement',
        tables: ['model_entities', 'promotions'],
      },
      {
        room: 'versions',
        because:
          'rows go along when a model is renamed or deleted, in the transaction that does it',
        tables: ['deleted_versions', 'model_ownership'],
      },
      {
        room: 'versions',
        because:
          'a version shows for ever that it entered production past its gates',
        tables: ['break_glass'],
      },
      {
        room: 'governance',
        because: 'a decision reads its facts in the transaction that decides',
        tables: [
          'latest_metrics',
          'logged_model_metrics',
          'logged_models',
          'model_version_tags',
          'model_versions',
          'registered_models',
          'runs',
        ],
      },
      {
        room: 'governance',
        because:
          'the check of a new version and the reading of its files are opened together',
        tables: ['version_files'],
      },
      {
        room: 'runPages',
        because: aPage,
        tables: [
          'datasets',
          'experiments',
          'latest_metrics',
          'logged_models',
          'metrics',
          'model_versions',
          'params',
          'run_datasets',
          'run_models',
          'run_tags',
          'runs',
        ],
      },
      {
        room: 'webhooks',
        because:
          'a delivery says how things stood in the transaction of the change',
        tables: [
          'model_version_tags',
          'model_versions',
          'registered_model_tags',
          'registered_models',
        ],
      },
      {
        room: 'imports',
        because:
          'an import keeps the ids and numbers of the other server, which no service lets anybody choose',
        tables: ['experiments', 'logged_model_metrics', 'registered_models'],
      },
      {
        room: 'garbage',
        because:
          'what nobody needs is found, and deleted for good, across all that was logged',
        tables: [
          'experiments',
          'logged_models',
          'model_versions',
          'registered_model_aliases',
          'runs',
          'traces',
        ],
      },
    ],
  },
};

async function tablesAfterMigration(directory: string): Promise<string[]> {
  const knex = createKnex({
    client: 'better-sqlite3',
    connection: ':memory:',
    useNullAsDefault: true,
  });
  try {
    await knex.migrate.latest({ directory });
    const rows: { name: string }[] = await knex('sqlite_master')
      .where({ type: 'table' })
      .select('name');
    return rows
      .map(({ name }) => name)
      .filter(name => !/^(?:sqlite|knex)_/.test(name))
      .sort();
  } finally {
    await knex.destroy();
  }
}

describe.each(Object.entries(databases))(
  'the tables of %s',
  (name, { owns, shared }) => {
    const src = join(root, name, 'src');
    const uses = tableUsesIn(src, Object.values(owns).flat());

    it('stand each with one room', async () => {
      const tables = await tablesAfterMigration(join(root, name, 'migrations'));
      expect(unownedIn(tables, owns)).toEqual([]);
    });

    it('are named in SQL by their room, and by others for a reason', () => {
      expect(foreignUsesIn(uses, owns, shared)).toEqual([]);
    });

    it('are shared no more than somebody needs', () => {
      expect(unneededIn(uses, shared)).toEqual([]);
    });

    it('are written through stores that are made at one place each', () => {
      expect(storesMadeTwiceIn(src)).toEqual([]);
    });

    it.each(Object.entries(owns))(
      '%s says which are its own',
      (room, tables) => {
        const readme = join(src, room, 'README.md');
        expect(existsSync(readme)).toBe(true);
        const text = readFileSync(readme, 'utf8');
        expect(tables.filter(table => !text.includes(`\`${table}\``))).toEqual(
          [],
        );
      },
    );
  },
);

describe('the reader of tables', () => {
  const tables = ['runs', 'run_tags', 'experiments'];

  it.each([
    ["db('runs').where({ run_id })", ['runs']],
    ["this.#knex<Row>('runs')", ['runs']],
    ["query.leftJoin('runs', 'x.id', 'y.id')", ['runs']],
    ["query.where('runs.run_id', id)", ['runs']],
    ['`SELECT 1 FROM runs r WHERE r.run_id = ${id}`', ['runs']],
    ["const sql = 'run_tags x WHERE x.run_id = 1'", ['run_tags']],
    ["const all = ['run_tags', 'others']", ['run_tags']],
    ["const tables = { tags: 'run_tags' }", ['run_tags']],
    ["const table = isRun ? 'runs' : 'run_tags'", ['run_tags', 'runs']],
    ["const TABLE = 'runs'", ['runs']],
    ["const isRun = table === 'runs' ? 1 : 0", []],
    ["reads.sees('runs', id, caller)", []],
    ["reads.where('run_tags', caller)", []],
    ["known({ table: 'experiments', id, caller })", []],
    ["type Kind = 'runs' | 'run_tags'", []],
    ["const word = 'runs'", []],
    ["import { a } from './runs.ts'", []],
    ["info.stringMap('run_tags')", []],
  ])('sees of %s the tables %j', (text, named) => {
    expect(tablesNamedIn(text, tables)).toEqual(named);
  });

  it('would notice a table of another room, of none and of two', () => {
    const owns = { low: ['runs'], high: ['run_tags'] };
    const use = { file: 'high/a.ts', table: 'runs' };
    expect(foreignUsesIn([use], owns, [])).toEqual(['high/a.ts names runs']);
    expect(foreignUsesIn([{ ...use, file: 'low/a.ts' }], owns, [])).toEqual([]);
    expect(foreignUsesIn([{ ...use, file: 'plugin.ts' }], owns, [])).toEqual([
      'plugin.ts names runs',
    ]);
    const shared = [{ room: 'high', tables: ['runs'], because: 'a test' }];
    expect(foreignUsesIn([use], owns, shared)).toEqual([]);
    expect(unneededIn([], shared)).toEqual(['high may name runs']);
    expect(unownedIn(['runs', 'run_tags', 'spans'], owns)).toEqual(['spans']);
    expect(unownedIn(['runs'], owns)).toEqual(['run_tags']);
    expect(unownedIn(['runs'], { low: ['runs'], high: ['runs'] })).toEqual([
      'runs',
    ]);
  });
});
