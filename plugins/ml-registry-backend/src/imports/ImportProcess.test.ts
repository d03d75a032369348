import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
import {
  RUN,
  MODEL,
  aSource,
  aRun,
  aVersion,
  anImporter,
} from '../__testUtils__/anImporter';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('an import on %p', databaseId => {
  let source: Awaited<ReturnType<typeof aSource>>;
  beforeEach(async () => {
    source = await aSource();
  });
  afterEach(() => source.close());

  const create = async () =>
    anImporter(await databases.init(databaseId), source);

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
      await cut.importProcess.step(id, dying.signal).catch(() => {});
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

  it('never again writes a file that a version here uses', async () => {
    const { start, run, artifacts, imports } = await create();
    await run((await start()).id);
    const folder = `0/${RUN}/artifacts`;
    const frozen = `${folder}/notes/ü #%.txt`;
    expect(artifacts.files.get(frozen)).toBe('hello');
    artifacts.files.set(frozen, 'as it was approved');
    // Over there the run has changed since, and the files of its version with it.
    source.runs[0].info.end_time = 300;
    source.listings[`7/${RUN}/artifacts`] = [
      { path: 'notes', is_dir: true },
      { path: 'log', file_size: 5 },
    ];
    source.listings[`7/${RUN}/artifacts/notes`] = [
      { path: 'ü #%.txt', file_size: 9 },
      { path: 'more.pkl', file_size: 5 },
    ];
    const { id } = await start();
    expect(await run(id)).toMatchObject({ state: 'succeeded' });
    expect(artifacts.files.get(frozen)).toBe('as it was approved');
    expect([...artifacts.files.keys()]).not.toContain(
      `${folder}/notes/more.pkl`,
    );
    expect(artifacts.files.get(`${folder}/log`)).toBe('hello');
    const { items } = await imports.omissions({ id, limit: 50 }, as('dora'));
    expect(items).toContainEqual(
      expect.objectContaining({
        reason: expect.stringContaining('version 3 of churn uses it'),
      }),
    );
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
});
