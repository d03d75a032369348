import { Readable } from 'node:stream';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { Authorizer } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller, jobCaller } from '../__testUtils__/people';
import { FolderArtifactStore } from '../providers/FolderArtifactStore';
import { createTrackingServices } from './createTrackingServices';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders)
    await rm(folder, { recursive: true, force: true });
});

const ann = caller('ann');
const cleo = caller('cleo');
const GROUPS: Record<string, string[]> = {
  'user:default/ann': ['user:default/ann', 'group:default/diagnostics'],
  'user:default/cleo': ['user:default/cleo', 'group:default/credit'],
};
const job = jobCaller({
  job: '1',
  commit: 'abc',
  datasets: ['default/d@1', 'default/e@2'],
});

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  async function start() {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-registry-backend',
        'migrations',
      ),
    });
    const folder = await mkdtemp(join(tmpdir(), 'tracking-'));
    folders.push(folder);
    let time = 1000;
    const created: string[] = [];
    const userInfo = mockServices.userInfo.mock();
    userInfo.getUserInfo.mockImplementation(async credentials => {
      const { userEntityRef } = credentials.principal as {
        userEntityRef: string;
      };
      return { userEntityRef, ownershipEntityRefs: GROUPS[userEntityRef] };
    });
    const services = createTrackingServices({
      knex,
      authorizer: new Authorizer({
        permissions: mockServices.permissions(),
        userInfo,
      }),
      artifactStore: await FolderArtifactStore.open(folder),
      entityOwner: async name =>
        name === 'owned' ? 'group:default/credit' : undefined,
      externalSources: [
        { location: 's3://open', owners: ['group:default/diagnostics'] },
      ],
      onVersionCreated: async version => {
        created.push(`${version.name}@${version.version}`);
      },
      stagePolicy: {
        transition: async () => ({ outcome: 'refused', message: 'asked p-1' }),
      },
      clock: () => (time += 1),
    });
    const experimentId = await services.experiments.create(ann, {
      name: 'e',
      tags: {},
    });
    const aRun = async (
      metrics: Record<string, number> = {},
      more: {
        params?: Record<string, string>;
        tags?: Record<string, string>;
      } = {},
    ) => {
      const run = await services.runs.create(ann, { experimentId, tags: [] });
      const entries = (record: Record<string, string> = {}) =>
        Object.entries(record).map(([key, value]) => ({ key, value }));
      await services.log.log(ann, run.runId, {
        metrics: Object.entries(metrics).map(([key, value]) => ({
          key,
          value,
          timestamp: 1,
          step: 0,
        })),
        params: entries(more.params),
        tags: entries(more.tags),
      });
      return run.runId;
    };
    const search = async (filter: string, orderBy: string[] = []) => {
      const page = await services.runs.search(ann, {
        experimentIds: [experimentId],
        filter,
        orderBy,
        lifecycleStages: ['active'],
        limit: 100,
      });
      return page.runs.map(run => run.runId);
    };
    return { ...services, knex, experimentId, aRun, search, created };
  }

  it('keeps steps and times to the last digit, up to 64 bits', async () => {
    const { runs, log, histories, loggedModels, experimentId } = await start();
    const run = await runs.create(ann, { experimentId, tags: [] });
    const model = await loggedModels.create(ann, {
      experimentId,
      name: 'm',
      params: [],
      tags: [],
    });
    const steps = [
      1,
      2n ** 53n + 1n,
      1_730_000_000_000_000_001n,
      2n ** 63n - 1n,
    ];
    await log.log(ann, run.runId, {
      metrics: steps.map(step => ({
        key: 'm',
        value: 0.5,
        timestamp: 2n ** 60n + 1n,
        step,
        modelId: model.modelId,
      })),
    });
    await log.logOutputs(ann, run.runId, [
      { modelId: model.modelId, step: 2n ** 62n + 1n },
    ]);
    const text = async (pages: AsyncGenerator<string, string | undefined>) => {
      let all = '';
      let page = await pages.next();
      for (; !page.done; page = await pages.next()) all += page.value;
      return { all, next: page.value };
    };
    const request = { runId: run.runId, key: 'm' };
    const first = await text(await runs.history(ann, { ...request, limit: 3 }));
    expect(first.all).toContain('"step":1730000000000000001}');
    expect(first.all).toContain('"timestamp":1152921504606846977');
    const rest = await text(
      await runs.history(ann, { ...request, limit: 3, pageToken: first.next }),
    );
    expect(rest.all).toContain('"step":9223372036854775807}');
    expect(rest.all).not.toContain('1730000000000000001');

    const kept = await runs.get(ann, run.runId);
    expect(kept.metrics[0].step).toBe(2n ** 63n - 1n);
    expect(kept.modelOutputs[0].step).toBe(2n ** 62n + 1n);
    const inSteps = (points: { step: number | bigint }[]) =>
      points.map(({ step }) => step);
    const bulk = { runIds: [run.runId], key: 'm' };
    expect(inSteps(await histories.bulk(ann, bulk))).toEqual(steps);
    expect(inSteps(await histories.interval(ann, bulk))).toEqual(steps);
    expect(
      inSteps(
        await histories.interval(ann, {
          ...bulk,
          startStep: 2n ** 53n + 1n,
          endStep: 2n ** 62n,
        }),
      ),
    ).toEqual(steps.slice(1, 3));
    const { metrics } = await loggedModels.get(ann, model.modelId);
    expect(inSteps(metrics)).toEqual(steps);
    expect(inSteps(await runs.metricHistory(ann, request))).toEqual(steps);
  });

  it('names the person behind the token as the maker of a run, whatever the client sends', async () => {
    const { runs, log, experimentId, search } = await start();
    for (const maker of [ann, job]) {
      const run = await runs.create(maker, {
        experimentId,
        userId: 'root',
        tags: [{ key: 'mlflow.user', value: 'root' }],
      });
      await log.log(maker, run.runId, {
        tags: [{ key: 'mlflow.user', value: 'root' }],
      });
      const { userId, tags } = await runs.get(ann, run.runId);
      expect(userId).toBe('user:default/ann');
      expect(tags).toContainEqual({
        key: 'mlflow.user',
        value: 'user:default/ann',
      });
      expect(tags.filter(({ key }) => key === 'mlflow.user')).toHaveLength(1);
      await expect(
        log.deleteTag(maker, run.runId, 'mlflow.user'),
      ).rejects.toThrow(/written by the server/);
    }
    expect(
      await search(`attributes.user_id = 'user:default/ann'`),
    ).toHaveLength(2);
  });

  it('keeps the point with the greatest step as the latest, whatever came last', async () => {
    const { runs, log, aRun } = await start();
    const runId = await aRun();
    const point = (step: number, value: number, timestamp = 1) => ({
      key: 'loss',
      step,
      value,
      timestamp,
    });
    await log.log(ann, runId, { metrics: [point(3, 0.3), point(1, 0.9)] });
    await log.log(ann, runId, { metrics: [point(2, 0.5)] });
    await log.log(ann, runId, { metrics: [point(3, 0.3)] });
    const run = await runs.get(ann, runId);
    expect(run.metrics).toEqual([point(3, 0.3)]);
    expect(await runs.metricHistory(ann, { runId, key: 'loss' })).toHaveLength(
      3,
    );
  });

  it('keeps NaN and infinities, and never finds NaN by number', async () => {
    const { runs, aRun, search } = await start();
    const runId = await aRun({ a: NaN, b: Infinity, c: -Infinity });
    const values = (await runs.get(ann, runId)).metrics.map(
      metric => metric.value,
    );
    expect(values).toEqual([NaN, Infinity, -Infinity]);
    expect(await search('metrics.a = 0')).toEqual([]);
    expect(await search('metrics.b > 5')).toEqual([runId]);
  });

  it('orders missing and NaN last in both directions and pages through ties and infinities', async () => {
    const { runs, aRun, experimentId, search } = await start();
    const none = await aRun();
    const nan = await aRun({ m: NaN });
    const two = await aRun({ m: 2 });
    const tie = await aRun({ m: 2 });
    const infinite = await aRun({ m: Infinity });
    const one = await aRun({ m: 1 });
    const descending = [infinite, tie, two, one, nan, none];
    expect(await search('', ['metrics.m DESC'])).toEqual(descending);
    expect(await search('', ['metrics.m'])).toEqual([
      one,
      tie,
      two,
      infinite,
      nan,
      none,
    ]);
    const seen: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await runs.search(ann, {
        experimentIds: [experimentId],
        orderBy: ['metrics.m DESC'],
        lifecycleStages: ['active'],
        limit: 1,
        pageToken,
      });
      seen.push(...page.runs.map(run => run.runId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(seen).toEqual(descending);
  });

  it('minds the case in LIKE and takes its wildcards only', async () => {
    const { aRun, search } = await start();
    const first = await aRun(
      {},
      { params: { p: 'Tree*[1]' }, tags: { t: 'x' } },
    );
    const second = await aRun({}, { params: { p: 'tree_1' } });
    expect(await search("params.p LIKE 'T%'")).toEqual([first]);
    expect((await search("params.p ILIKE 't%'")).sort()).toEqual(
      [first, second].sort(),
    );
    expect(await search("params.p LIKE 'Tree*[_]'")).toEqual([first]);
    expect(await search("params.p LIKE 'T*'")).toEqual([]);
    expect(await search("params.p LIKE 'tree\\_1'")).toEqual([]);
    expect(await search("tags.t != 'y'")).toEqual([first]);
    expect(await search('tags.t IS NULL')).toEqual([second]);
  });

  it('writes a batch wholly or not at all', async () => {
    const { runs, log, aRun } = await start();
    const runId = await aRun({}, { params: { p: '1' } });
    await expect(
      log.log(ann, runId, {
        metrics: [{ key: 'm', value: 1, timestamp: 1, step: 0 }],
        params: [
          { key: 'new', value: 'x' },
          { key: 'p', value: '2' },
        ],
        tags: [{ key: 't', value: 'x' }],
      }),
    ).rejects.toThrow('Changing param values is not allowed');
    const run = await runs.get(ann, runId);
    expect(run.metrics).toEqual([]);
    expect(run.params).toEqual([{ key: 'p', value: '1' }]);
  });

  it('takes many writers of one run at once without losing a point', async () => {
    const { runs, log, aRun } = await start();
    const runId = await aRun();
    await Promise.all(
      Array.from({ length: 16 }, (_, writer) =>
        log.log(ann, runId, {
          metrics: Array.from({ length: 50 }, (__, index) => ({
            key: `k${(index * 7 + writer) % 10}`,
            value: index,
            timestamp: writer,
            step: index,
          })),
        }),
      ),
    );
    let points = 0;
    for (let key = 0; key < 10; key += 1) {
      points += (await runs.metricHistory(ann, { runId, key: `k${key}` }))
        .length;
    }
    expect(points).toBe(800);
  });

  it('stamps what a job writes and lets it write nothing else', async () => {
    const { runs, log, aRun, experimentId } = await start();
    const run = await runs.create(job, {
      experimentId,
      tags: [{ key: 'downstage.job', value: 'forged' }],
    });
    await log.log(job, run.runId, {
      tags: [{ key: 'downstage.dataset', value: 'forged' }],
    });
    const tags = Object.fromEntries(
      (await runs.get(ann, run.runId)).tags.map(({ key, value }) => [
        key,
        value,
      ]),
    );
    expect(tags).toMatchObject({
      'downstage.job': '1',
      'downstage.commit': 'abc',
      'downstage.dataset': 'default/d@1,default/e@2',
    });
    const persons = await aRun();
    await expect(
      log.log(job, persons, { params: [{ key: 'a', value: '1' }] }),
    ).rejects.toThrow(/may write only what that job created/);
  });

  it('lets another team look and not change', async () => {
    const { runs, log, aRun, experiments, experimentId, artifacts } =
      await start();
    const runId = await aRun();
    expect((await runs.get(cleo, runId)).owner).toBe(
      'group:default/diagnostics',
    );
    const refused = [
      () => log.log(cleo, runId, { tags: [{ key: 'a', value: '1' }] }),
      () => runs.create(cleo, { experimentId, tags: [] }),
      () => runs.setLifecycle(cleo, { runId, stage: 'deleted' }),
      () => experiments.rename(cleo, { experimentId, name: 'x' }),
      () =>
        artifacts.upload(
          cleo,
          `${experimentId}/${runId}/artifacts/x`,
          Readable.from(['x']),
        ),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toThrow(
        /belongs to group:default\/diagnostics/,
      );
    }
  });

  it('numbers versions upwards, resolves their source, and announces each', async () => {
    const { registration, loggedModels, aRun, experimentId, created } =
      await start();
    const runId = await aRun();
    const logged = await loggedModels.create(ann, {
      experimentId,
      sourceRunId: runId,
      params: [],
      tags: [],
    });
    await registration.createModel(ann, { name: 'm', tags: {} });
    const source = `models:/${logged.modelId}`;
    const first = await registration.createVersion(ann, {
      name: 'm',
      source,
      tags: {},
    });
    expect(first).toMatchObject({
      version: 1,
      stage: 'none',
      runId,
      modelId: logged.modelId,
      storageLocation: logged.artifactUri,
    });
    await registration.deleteVersion(ann, { name: 'm', version: 1 });
    const second = await registration.createVersion(ann, {
      name: 'm',
      source,
      tags: {},
    });
    expect(second.version).toBe(2);
    expect(created).toEqual(['m@1', 'm@2']);
    const other = await aRun({ auc: 1 });
    await expect(
      registration.createVersion(ann, {
        name: 'm',
        source,
        runId: other,
        tags: {},
      }),
    ).rejects.toThrow(/was made by run/);
    await expect(
      registration.createVersion(ann, {
        name: 'm',
        source: 's3://elsewhere/m',
        tags: {},
      }),
    ).rejects.toThrow(/Invalid model version source/);
  });

  it('shows a stage to clients when they ask for it, and takes it back, whatever gates had decided', async () => {
    const { registration, reads, aRun, knex } = await start();
    const runId = await aRun();
    await registration.createModel(ann, { name: 'm', tags: {} });
    const key = { name: 'm', version: 1 };
    await registration.createVersion(ann, {
      name: 'm',
      source: `runs:/${runId}/model`,
      tags: {},
    });
    await knex('model_versions').where(key).update({ stage: 'staging' });
    const stages = async () =>
      (await reads.latestVersions(ann, { name: 'm', stages: [] })).map(
        ({ mlflowStage }) => mlflowStage,
      );
    expect(await stages()).toEqual(['none']);
    const ask = (to: 'staging' | 'none') =>
      registration.transitionStage(ann, { ...key, to, archiveExisting: false });
    const before = await reads.getVersion(ann, key);
    await expect(ask('staging')).resolves.toMatchObject({
      stage: 'staging',
      mlflowStage: 'staging',
    });
    const after = await reads.getVersion(ann, key);
    expect(after.lastUpdatedTime).toBeGreaterThan(before.lastUpdatedTime);
    expect(await stages()).toEqual(['staging']);
    await expect(ask('none')).resolves.toMatchObject({
      stage: 'staging',
      mlflowStage: 'none',
    });
  });

  it('registers from the root of a run, and from outside what config lets the owner name', async () => {
    const { registration, experiments, runs, aRun } = await start();
    const runId = await aRun();
    const { artifactUri } = await runs.get(ann, runId);
    await registration.createModel(ann, { name: 'm', tags: {} });
    await registration.createModel(cleo, { name: 'c', tags: {} });
    const register = (who: typeof ann, name: string, source: string) =>
      registration.createVersion(who, { name, source, tags: {} });
    for (const source of [artifactUri, `runs:/${runId}`, `runs:/${runId}/`]) {
      await expect(register(ann, 'm', source)).resolves.toMatchObject({
        storageLocation: artifactUri,
        runId,
      });
    }
    await expect(register(ann, 'm', 's3://open/x/')).resolves.toMatchObject({
      storageLocation: 's3://open/x',
      runId: undefined,
    });
    await expect(register(cleo, 'c', 's3://open/x')).rejects.toThrow(
      /allows group:default\/credit no place outside/,
    );
    await expect(register(ann, 'm', 'file:///etc')).rejects.toThrow(
      /allows group:default\/diagnostics s3:\/\/open/,
    );
    const outside = await experiments.create(ann, {
      name: 'outside',
      artifactLocation: 's3://open/e',
      tags: {},
    });
    const run = await runs.create(ann, { experimentId: outside, tags: [] });
    expect(run.artifactUri).toBe(`s3://open/e/${run.runId}/artifacts`);
    for (const artifactLocation of ['s3://shut', 'mlflow-artifacts:/../..']) {
      await expect(
        experiments.create(ann, { name: 'x', artifactLocation, tags: {} }),
      ).rejects.toThrow(/artifact_location/);
    }
  });

  it('gives models of an entity to its owner only', async () => {
    const { registration } = await start();
    await expect(
      registration.createModel(ann, { name: 'owned', tags: {} }),
    ).rejects.toThrow(/belongs to group:default\/credit/);
    expect(
      (await registration.createModel(cleo, { name: 'owned', tags: {} })).owner,
    ).toBe('group:default/credit');
  });

  it('asks the policy for stages and protected aliases, and keeps the files of every version', async () => {
    const { registration, artifacts, aRun, experimentId, knex } = await start();
    const runId = await aRun();
    const path = `${experimentId}/${runId}/artifacts/model`;
    await artifacts.upload(ann, `${path}/MLmodel`, Readable.from(['x']));
    await artifacts.upload(ann, `${path}/MLmodel`, Readable.from(['y']));
    await registration.createModel(ann, { name: 'm', tags: {} });
    const key = { name: 'm', version: 1 };
    await registration.createVersion(ann, {
      name: 'm',
      source: `mlflow-artifacts:/${path}`,
      tags: {},
    });
    for (const change of [path, `${path}/MLmodel`, `${path}/new/file`]) {
      await expect(
        artifacts.upload(ann, change, Readable.from(['z'])),
      ).rejects.toMatchObject({
        code: 'ml-registry.artifact-frozen',
        message: expect.stringContaining('belongs to version 1 of m'),
      });
    }
    await expect(
      registration.transitionStage(ann, {
        ...key,
        to: 'production',
        archiveExisting: false,
      }),
    ).rejects.toThrow('asked p-1');
    await expect(
      registration.setAlias(ann, { ...key, alias: 'Champion' }),
    ).rejects.toThrow('asked p-1');
    await knex('model_versions').update({ stage: 'production' });
    for (const change of [
      `${path}/MLmodel`,
      path,
      `${experimentId}/${runId}/artifacts`,
    ]) {
      await expect(artifacts.delete(ann, change)).rejects.toThrow(
        /belongs to version 1 of m/,
      );
    }
    await expect(registration.deleteModel(ann, 'm')).rejects.toThrow(
      /cannot be deleted/,
    );
    await artifacts.upload(
      ann,
      `${experimentId}/${runId}/artifacts/model2`,
      Readable.from(['z']),
    );
  });

  it('sorts names by bytes, pages through them, and hides prompts unless asked for', async () => {
    const { registration, reads } = await start();
    for (const name of ['a', 'Default', 'ab', 'Abc']) {
      await registration.createModel(ann, { name, tags: { team: 'x' } });
    }
    await registration.createModel(ann, {
      name: 'p',
      tags: { 'mlflow.prompt.is_prompt': 'true' },
    });
    const names: string[] = [];
    let pageToken: string | undefined;
    do {
      const page = await reads.searchModels(ann, {
        orderBy: ['name DESC'],
        limit: 3,
        pageToken,
      });
      names.push(...page.models.map(model => model.name));
      pageToken = page.nextPageToken;
    } while (pageToken);
    expect(names).toEqual(['ab', 'a', 'Default', 'Abc']);
    const find = async (filter: string) =>
      (
        await reads.searchModels(ann, { filter, orderBy: [], limit: 10 })
      ).models.map(({ name }) => name);
    expect(await find("name LIKE 'A%'")).toEqual(['Abc']);
    expect(await find("name ILIKE 'A%' AND tags.team = 'x'")).toEqual([
      'Abc',
      'a',
      'ab',
    ]);
    expect(await find("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual([
      'p',
    ]);
    await expect(
      reads.searchModels(ann, { orderBy: [], limit: 1, pageToken: 'nonsense' }),
    ).rejects.toThrow(/Invalid page token/);
  });

  it('renames a model with all that hangs on it', async () => {
    const { registration, reads, aRun } = await start();
    await registration.createModel(ann, { name: 'old', tags: { k: 'v' } });
    const source = `runs:/${await aRun()}/model`;
    await registration.createVersion(ann, {
      name: 'old',
      source,
      tags: { t: '1' },
    });
    await registration.setAlias(ann, {
      name: 'old',
      alias: 'blue',
      version: 1,
    });
    await registration.renameModel(ann, 'old', 'new');
    expect(await reads.getModel(ann, 'new')).toMatchObject({
      tags: { k: 'v' },
      aliases: [{ alias: 'blue', version: 1 }],
    });
    const found = await reads.searchVersions(ann, {
      filter: "tags.t = '1' AND version_number < 2",
      orderBy: [],
      limit: 5,
    });
    expect(found.versions).toMatchObject([
      { name: 'new', version: 1, aliases: ['blue'] },
    ]);
    await expect(reads.getModel(ann, 'old')).rejects.toThrow(/not found/);
  });

  it('searches experiments and logged models in their own words', async () => {
    const { experiments, loggedModels, log, aRun, experimentId } =
      await start();
    const found = await experiments.search(ann, {
      filter: `name = 'e' AND experiment_id IN ('${experimentId}')`,
      orderBy: ['name DESC'],
      lifecycleStages: ['active'],
      limit: 5,
    });
    expect(found.experiments.map(({ name }) => name)).toEqual(['e']);
    const runId = await aRun();
    const logged = await loggedModels.create(ann, {
      experimentId,
      name: 'tree',
      params: [],
      tags: [],
    });
    await loggedModels.create(ann, {
      experimentId,
      name: 'line',
      params: [],
      tags: [],
    });
    await log.log(ann, runId, {
      metrics: [
        {
          key: 'auc',
          value: 0.9,
          timestamp: 1,
          step: 0,
          modelId: logged.modelId,
          datasetName: 'd',
          datasetDigest: 'x',
        },
        { key: 'auc', value: 0.1, timestamp: 1, step: 0, modelId: 'm-unknown' },
      ],
    });
    const search = async (name: string) =>
      (
        await loggedModels.search(ann, {
          experimentIds: [experimentId],
          filter: 'metrics.auc > 0.5',
          datasets: [{ name }],
          orderBy: [{ field: 'metrics.auc', descending: true }],
          limit: 5,
        })
      ).models.map(model => model.name);
    expect(await search('d')).toEqual(['tree']);
    expect(await search('other')).toEqual([]);
  });

  it('deletes an experiment with its runs and brings both back', async () => {
    const { experiments, runs, aRun, experimentId } = await start();
    const runId = await aRun();
    await experiments.setLifecycle(ann, { experimentId, stage: 'deleted' });
    expect((await runs.get(ann, runId)).lifecycleStage).toBe('deleted');
    await experiments.setLifecycle(ann, { experimentId, stage: 'active' });
    expect((await runs.get(ann, runId)).lifecycleStage).toBe('active');
    await expect(
      experiments.create(ann, { name: 'e', tags: {} }),
    ).rejects.toThrow(/already exists/);
  });
});
