import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createHash } from 'node:crypto';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller } from '../../__testUtils__/people';
import { as, aRegistry } from '../../__testUtils__/registryFixture';
import { startImportReconciler } from '../../reconcilers/importReconciler';

const databases = TestDatabases.create({ ids: testDatabaseIds() });
const RUN = 'a'.repeat(32);
const MODEL = `m-${'b'.repeat(32)}`;

type Answer = object | string | number;

/** A server that answers like MLflow's; `hooks` may break it. */
async function aSource() {
  const asked: string[] = [];
  const hooks: { before?: (path: string) => void | number } = {};
  const runs = [
    aRun(RUN, { name: 'first', lifecycle: 'active' }),
    aRun('c'.repeat(32), { name: 'second', lifecycle: 'deleted' }),
  ];
  const answers: Record<string, (query: URLSearchParams) => Answer> = {
    'experiments/search': () => ({
      experiments: [
        { experiment_id: '7', name: 'Default', tags: [] },
        {
          experiment_id: '8',
          name: 'ünïcode',
          lifecycle_stage: 'deleted',
          tags: [
            { key: 'team', value: 'blue' },
            { key: 'downstage.owner', value: 'group:default/evil' },
          ],
        },
      ],
    }),
    'logged-models/search': () => ({
      models: [
        {
          info: {
            model_id: MODEL,
            experiment_id: '7',
            name: 'model',
            creation_timestamp_ms: 5,
            artifact_uri: `mlflow-artifacts:/7/models/${MODEL}/artifacts`,
            status: 'LOGGED_MODEL_READY',
            source_run_id: RUN,
          },
          data: { metrics: [{ key: 'auc', value: 'NaN', run_id: RUN }] },
        },
      ],
    }),
    'runs/search': () => ({ runs }),
    'metrics/get-history': query => ({
      metrics: query.get('page_token')
        ? [{ key: 'loss', value: 'Infinity', timestamp: 3, step: 2 }]
        : [
            { key: 'loss', value: 0.5, timestamp: 1, step: 0 },
            { key: 'loss', value: 'NaN', timestamp: 2, step: 1 },
          ],
      next_page_token: query.get('page_token') ? undefined : 'more',
    }),
    'registered-models/search': query => ({
      registered_models: query.get('filter')
        ? []
        : [
            {
              name: 'churn',
              creation_timestamp: 9,
              description: 'Who leaves',
              aliases: [
                { alias: 'nightly', version: '3' },
                { alias: 'champion', version: '3' },
              ],
            },
            { name: 'mine', creation_timestamp: 9 },
            { name: 'a/b', creation_timestamp: 9 },
          ],
    }),
    'model-versions/search': query => ({
      model_versions: query.get('filter')?.includes('churn')
        ? [
            aVersion(1, { current_stage: 'Archived', model_id: MODEL }),
            aVersion(3, {
              current_stage: 'Production',
              source: `runs:/${RUN}/notes`,
            }),
            aVersion(4, { source: 's3://elsewhere/x' }),
          ]
        : [{ ...aVersion(1, {}), name: query.get('filter')?.slice(8, -1) }],
    }),
    'model-versions/get-download-uri': () => ({ artifact_uri: 's3://x/y' }),
  };
  const listings: Record<string, object[]> = {
    [`7/${RUN}/artifacts`]: [
      { path: 'notes', is_dir: true },
      { path: '..', is_dir: true },
      { path: 'a\\b' },
    ],
    [`7/${RUN}/artifacts/notes`]: [{ path: 'ü #%.txt', file_size: 5 }],
    [`7/models/${MODEL}/artifacts`]: [{ path: 'MLmodel', file_size: 5 }],
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    request.resume();
    asked.push(url.pathname);
    const api = url.pathname.replace('/api/2.0/mlflow/', '');
    const status = hooks.before?.(api);
    if (status) {
      response.writeHead(status).end('no');
      return;
    }
    const answer = answers[api];
    if (answer) {
      response.end(JSON.stringify(answer(url.searchParams)));
    } else if (api === '/api/2.0/mlflow-artifacts/artifacts') {
      const files = listings[url.searchParams.get('path') ?? ''];
      response.end(JSON.stringify({ files }));
    } else if (api.startsWith('/api/2.0/mlflow-artifacts/artifacts/')) {
      response.end('hello');
    } else {
      response.writeHead(404).end('{}');
    }
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    uri: `http://127.0.0.1:${port}/`,
    asked,
    answers,
    hooks,
    runs,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function aRun(id: string, more: { name: string; lifecycle: string }) {
  return {
    info: {
      run_id: id,
      run_name: more.name,
      experiment_id: '7',
      user_id: 'root',
      status: 'FINISHED',
      start_time: 100,
      end_time: 200,
      artifact_uri: `mlflow-artifacts:/7/${id}/artifacts`,
      lifecycle_stage: more.lifecycle,
    },
    data: {
      metrics: [{ key: 'loss', value: 1, timestamp: 3, step: 2 }],
      params: [{ key: 'depth', value: '3' }],
      tags: [
        { key: 'k', value: 'v' },
        { key: 'downstage.job', value: 'forged' },
      ],
    },
    inputs: {
      dataset_inputs: [
        {
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
          dataset: {
            name: 'd',
            digest: 'x',
            source_type: 'code',
            source: '{}',
          },
        },
      ],
    },
    outputs: { model_outputs: id === RUN ? [{ model_id: MODEL }] : [] },
  };
}

function aVersion(version: number, more: object) {
  return { name: 'churn', version, creation_timestamp: 10, ...more };
}

describe.each(databases.eachSupportedId())('an import on %p', databaseId => {
  let source: Awaited<ReturnType<typeof aSource>>;
  beforeEach(async () => {
    source = await aSource();
  });
  afterEach(() => source.close());

  async function create() {
    const knex = await databases.init(databaseId);
    const registry = await aRegistry(knex);
    Object.assign(registry.artifacts, {
      async put(path: string, content: Readable) {
        const bytes = await buffer(content);
        registry.artifacts.files.set(path, bytes.toString());
        const sha256 = createHash('sha256').update(bytes).digest('hex');
        return { size: bytes.length, sha256 };
      },
    });
    await registry.tracking.registration.createModel(caller('ann'), {
      name: 'mine',
      tags: {},
    });
    const { imports, importSteps } = registry;
    const start = (more: { stages?: 'enter'; reason?: string } = {}) =>
      imports.start(
        { uri: source.uri, token: 'let me in', stages: 'record', ...more },
        as('dora'),
      );
    /** Steps until it ended, as the loop does. */
    const run = async (id: string) => {
      for (let i = 0; i < 100; i += 1) {
        const patch = await importSteps.step(id);
        await knex('imports').where({ id }).update(patch);
        if (!patch.next_reconcile_at) break;
        registry.passes(600_000);
      }
      return imports.get(id, as('dora'));
    };
    /** What has to be the same whatever happened on the way. */
    const picture = async () => {
      const tables = [
        'runs',
        'metrics',
        'latest_metrics',
        'params',
        'run_tags',
      ];
      const more = ['model_versions', 'registered_model_aliases', 'run_models'];
      const counts: Record<string, number> = {};
      for (const table of [...tables, ...more, 'datasets', 'logged_models']) {
        counts[table] = (await knex(table)).length;
      }
      return { counts, files: [...registry.artifacts.files.keys()].sort() };
    };
    return { ...registry, knex, start, run, picture };
  }

  it('brings over what is there, and says what it left out and why', async () => {
    const { start, run, knex, imports, artifacts, stageOf, aliases } =
      await create();
    const { id } = await start();
    const done = await run(id);
    expect(done).toMatchObject({
      message: undefined,
      state: 'succeeded',
      points: 6,
      files: 2,
    });
    const { items } = await imports.omissions({ id, limit: 50 }, as('dora'));
    expect(items.map(({ kind, sourceId }) => `${kind} ${sourceId}`)).toEqual([
      'alias churn@champion',
      'model a/b',
      'model mine',
      'run aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
      'version a/b/1',
      'version churn/4',
      'version mine/1',
    ]);
    expect(items.every(({ reason }) => reason.length > 10)).toBe(true);
    await expect(
      knex('runs').orderBy('run_id').pluck('lifecycle_stage'),
    ).resolves.toEqual(['active', 'deleted']);
    await expect(
      knex('run_tags').where('key', 'like', 'downstage%'),
    ).resolves.toEqual([]);
    await expect(
      knex('experiments').where('name', 'ünïcode').first(),
    ).resolves.toMatchObject({
      lifecycle_stage: 'deleted',
      owner: null,
    });
    expect([...artifacts.files.keys()].sort()).toEqual([
      `0/${RUN}/artifacts/notes/ü #%.txt`,
      `0/models/${MODEL}/artifacts/MLmodel`,
    ]);
    expect(await aliases('churn')).toEqual({ nightly: 3 });
    expect(await stageOf(1, 'churn')).toBe('archived');
    expect(await stageOf(3, 'churn')).toBe('none');
    await expect(
      knex('model_version_tags').where({ name: 'churn', version: 3 }),
    ).resolves.toMatchObject([
      { key: 'downstage.imported.stage', value: 'Production' },
    ]);
    await expect(
      knex('ledger').where({ name: 'churn' }).pluck('action'),
    ).resolves.toEqual(
      expect.arrayContaining(['registered', 'version-created', 'alias-set']),
    );
  });

  it('ends the same however often and wherever it was cut off', async () => {
    const whole = await create();
    await whole.run((await whole.start()).id);
    const expected = await whole.picture();
    const calls = source.asked.length;
    expect(calls).toBeGreaterThan(15);

    const cut = await create();
    const { id } = await cut.start();
    // The process dies at the first request, then at the second, and so on.
    for (let at = 1; at <= calls; at += 1) {
      let left = at;
      const dying = new AbortController();
      source.hooks.before = () => {
        left -= 1;
        if (left === 0) dying.abort();
      };
      await cut.importSteps.step(id, dying.signal).catch(() => {});
    }
    source.hooks.before = undefined;
    expect(await cut.run(id)).toMatchObject({ state: 'succeeded' });
    expect(await cut.picture()).toEqual(expected);
  });

  it('gets through a model with more versions than one step has time for', async () => {
    const { start, run, knex } = await create();
    source.answers['model-versions/search'] = query => {
      if (!query.get('filter')?.includes('churn')) return {};
      const page = Number(query.get('page_token') ?? 0);
      return {
        model_versions: [1, 2].map(number =>
          aVersion(2 * page + number, { source: `runs:/${RUN}/notes` }),
        ),
        next_page_token: page < 7 ? String(page + 1) : undefined,
      };
    };
    let now = 0;
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => {
      // Five looks at the clock, and the time of a step is over.
      now += 2_000;
      return now;
    });
    try {
      expect(await run((await start()).id)).toMatchObject({
        state: 'succeeded',
      });
    } finally {
      clock.mockRestore();
    }
    expect(await knex('model_versions').where({ name: 'churn' })).toHaveLength(
      16,
    );
  });

  it('knows a server without logged models from one that lost a folder, which it names and gets when it is there again', async () => {
    const { start, run, artifacts, imports, knex } = await create();
    source.hooks.before = path =>
      path === 'logged-models/search' ? 404 : undefined;
    expect(await run((await start()).id)).toMatchObject({ state: 'succeeded' });
    expect(await knex('logged_models')).toEqual([]);
    let lost = 1;
    source.hooks.before = path => {
      if (path !== '/api/2.0/mlflow-artifacts/artifacts') return undefined;
      lost -= 1;
      return lost === 0 ? 404 : undefined;
    };
    const { id } = await start();
    expect(await run(id)).toMatchObject({ state: 'succeeded' });
    expect(await knex('logged_models')).toHaveLength(1);
    const lostFolder = expect.objectContaining({
      reason: expect.stringMatching(/^The folder .* cannot be read$/),
    });
    const omitted = await imports.omissions({ id, limit: 50 }, as('dora'));
    expect(omitted.items).toContainEqual(lostFolder);
    const again = await start();
    expect(await run(again.id)).toMatchObject({ state: 'succeeded' });
    const { items } = await imports.omissions(
      { id: again.id, limit: 50 },
      as('dora'),
    );
    expect(items).not.toContainEqual(lostFolder);
    expect([...artifacts.files.keys()]).toContain(
      `0/models/${MODEL}/artifacts/MLmodel`,
    );
  });

  it('started again adds only what is new', async () => {
    const { start, run, picture } = await create();
    await run((await start()).id);
    const before = await picture();
    const again = await run((await start()).id);
    expect(again.counts.find(({ kind }) => kind === 'run')).toMatchObject({
      found: 2,
      added: 0,
    });
    expect(await picture()).toEqual(before);
    source.runs.push(
      aRun('d'.repeat(32), { name: 'new', lifecycle: 'active' }),
    );
    const third = await run((await start()).id);
    expect(third.counts.find(({ kind }) => kind === 'run')).toMatchObject({
      found: 3,
      added: 1,
    });
  });

  it('puts production into production only when asked to, with a reason, flagged', async () => {
    const { start, run, stageOf, knex } = await create();
    await expect(start({ stages: 'enter' })).rejects.toThrow('needs a reason');
    await run((await start({ stages: 'enter', reason: 'We move house' })).id);
    expect(await stageOf(3, 'churn')).toBe('production');
    await expect(
      knex('ledger').where({ action: 'break-glass' }).first(),
    ).resolves.toMatchObject({ version: 3, to_stage: 'production' });
  });

  it('leaves alone what others own under the same id', async () => {
    const { start, run, knex, imports } = await create();
    await knex('runs').insert({
      run_id: RUN,
      experiment_id: 0,
      name: 'mine',
      status: 'RUNNING',
      start_time: 1,
      artifact_uri: `mlflow-artifacts:/0/${RUN}/artifacts`,
    });
    const { id } = await start();
    await run(id);
    const { items } = await imports.omissions({ id, limit: 50 }, as('dora'));
    expect(items.find(({ sourceId }) => sourceId === RUN)?.reason).toContain(
      'did not come from this server',
    );
    await expect(knex('params').where({ run_id: RUN })).resolves.toEqual([]);
  });

  it('tries again after a failure, gives up where it is refused, and forgets the token', async () => {
    const { start, run, knex } = await create();
    const { id } = await start();
    const sealed = await knex('imports').where({ id }).first();
    expect(sealed.login).toMatch(/^v1\./);
    let failures = 3;
    source.hooks.before = () => {
      failures -= 1;
      return failures >= 0 ? 503 : undefined;
    };
    expect(await run(id)).toMatchObject({ state: 'succeeded' });
    source.hooks.before = () => 401;
    const refused = await run((await start()).id);
    expect(refused).toMatchObject({ state: 'failed' });
    expect(refused.message).toContain('answered 401');
    await expect(knex('imports').pluck('login')).resolves.toEqual([null, null]);
  });

  it('is for administrators, one at a time, and stops when told to', async () => {
    const { imports, start, importSteps } = await create();
    await expect(
      imports.start({ uri: source.uri, stages: 'record' }, as('ann')),
    ).rejects.toThrow('for administrators');
    const inside = {
      uri: 'http://169.254.169.254/',
      stages: 'record' as const,
    };
    await expect(imports.start(inside, as('dora'))).rejects.toMatchObject({
      name: 'InputError',
    });
    const twice = await Promise.allSettled([start(), start()]);
    expect(twice.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    const [{ id }] = (await imports.list(as('dora'))).items;
    await expect(start()).rejects.toThrow('being imported already');
    await expect(imports.cancel(id, as('dora'))).resolves.toMatchObject({
      state: 'cancelled',
    });
    await expect(importSteps.step(id)).resolves.toEqual({
      next_reconcile_at: null,
    });
  });

  it('is taken to its end by the loop', async () => {
    const { knex, start, importSteps, imports } = await create();
    const { id } = await start();
    const loop = startImportReconciler({
      knex,
      logger: mockServices.logger.mock(),
      clock: () => new Date(Date.now() + 3_600_000),
      steps: importSteps,
      intervalMs: 3_600_000,
    });
    await loop.tick();
    await loop.tick();
    await loop.stop();
    await expect(imports.get(id, as('dora'))).resolves.toMatchObject({
      state: 'succeeded',
    });
  });
});
