import { Readable } from 'node:stream';
import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ann, cleo, aTracking } from '../__testUtils__/aTracking';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('tracking services, %p', id => {
  const start = async () => aTracking(await databases.init(id));

  it('numbers versions upwards, resolves their source, and announces each', async () => {
    const { registration, loggedModels, aRun, experimentId, created } =
      await start();
    const runId = await aRun();
    const logged = await loggedModels.create(
      {
        experimentId,
        sourceRunId: runId,
        params: [],
        tags: [],
      },
      { caller: ann },
    );
    await registration.createModel({ name: 'm', tags: {} }, { caller: ann });
    const source = `models:/${logged.modelId}`;
    const first = await registration.createVersion(
      {
        name: 'm',
        source,
        tags: {},
      },
      { caller: ann },
    );
    expect(first).toMatchObject({
      version: 1,
      stage: 'none',
      runId,
      modelId: logged.modelId,
      storageLocation: logged.artifactUri,
    });
    await registration.deleteVersion(
      { name: 'm', version: 1 },
      { caller: ann },
    );
    const second = await registration.createVersion(
      {
        name: 'm',
        source,
        tags: {},
      },
      { caller: ann },
    );
    expect(second.version).toBe(2);
    expect(created).toEqual(['m@1', 'm@2']);
    const other = await aRun({ auc: 1 });
    await expect(
      registration.createVersion(
        {
          name: 'm',
          source,
          runId: other,
          tags: {},
        },
        { caller: ann },
      ),
    ).rejects.toThrow(/was made by run/);
    await expect(
      registration.createVersion(
        {
          name: 'm',
          source: 's3://elsewhere/m',
          tags: {},
        },
        { caller: ann },
      ),
    ).rejects.toThrow(/Invalid model version source/);
  });

  it('shows a stage to clients when they ask for it, and takes it back, whatever gates had decided', async () => {
    const { registration, reads, aRun, knex } = await start();
    const runId = await aRun();
    await registration.createModel({ name: 'm', tags: {} }, { caller: ann });
    const key = { name: 'm', version: 1 };
    await registration.createVersion(
      {
        name: 'm',
        source: `runs:/${runId}/model`,
        tags: {},
      },
      { caller: ann },
    );
    await knex('model_versions').where(key).update({ stage: 'staging' });
    const stages = async () =>
      (
        await reads.latestVersions({ name: 'm', stages: [] }, { caller: ann })
      ).map(({ mlflowStage }) => mlflowStage);
    expect(await stages()).toEqual(['none']);
    const ask = (to: 'staging' | 'none') =>
      registration.transitionStage(
        { ...key, to, archiveExisting: false },
        { caller: ann },
      );
    const before = await reads.getVersion(key, { caller: ann });
    await expect(ask('staging')).resolves.toMatchObject({
      stage: 'staging',
      mlflowStage: 'staging',
    });
    const after = await reads.getVersion(key, { caller: ann });
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
    const { artifactUri } = await runs.get(runId, { caller: ann });
    await registration.createModel({ name: 'm', tags: {} }, { caller: ann });
    await registration.createModel({ name: 'c', tags: {} }, { caller: cleo });
    const register = (who: typeof ann, name: string, source: string) =>
      registration.createVersion({ name, source, tags: {} }, { caller: who });
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
    const outside = await experiments.create(
      {
        name: 'outside',
        artifactLocation: 's3://open/e',
        tags: {},
      },
      { caller: ann },
    );
    const run = await runs.create(
      { experimentId: outside, tags: [] },
      { caller: ann },
    );
    expect(run.artifactUri).toBe(`s3://open/e/${run.runId}/artifacts`);
    for (const artifactLocation of ['s3://shut', 'mlflow-artifacts:/../..']) {
      await expect(
        experiments.create(
          { name: 'x', artifactLocation, tags: {} },
          { caller: ann },
        ),
      ).rejects.toThrow(/artifact_location/);
    }
  });

  it('gives models of an entity to its owner only', async () => {
    const { registration } = await start();
    await expect(
      registration.createModel({ name: 'owned', tags: {} }, { caller: ann }),
    ).rejects.toThrow(/belongs to group:default\/credit/);
    expect(
      (
        await registration.createModel(
          { name: 'owned', tags: {} },
          { caller: cleo },
        )
      ).owner,
    ).toBe('group:default/credit');
  });

  it('asks the policy for stages and protected aliases, and keeps the files of every version', async () => {
    const { registration, artifacts, aRun, experimentId, knex } = await start();
    const runId = await aRun();
    const path = `${experimentId}/${runId}/artifacts/model`;
    await artifacts.upload(
      { path: `${path}/MLmodel`, content: Readable.from(['x']) },
      {
        caller: ann,
      },
    );
    await artifacts.upload(
      { path: `${path}/MLmodel`, content: Readable.from(['y']) },
      {
        caller: ann,
      },
    );
    await registration.createModel({ name: 'm', tags: {} }, { caller: ann });
    const key = { name: 'm', version: 1 };
    await registration.createVersion(
      {
        name: 'm',
        source: `mlflow-artifacts:/${path}`,
        tags: {},
      },
      { caller: ann },
    );
    for (const change of [path, `${path}/MLmodel`, `${path}/new/file`]) {
      await expect(
        artifacts.upload(
          { path: change, content: Readable.from(['z']) },
          { caller: ann },
        ),
      ).rejects.toMatchObject({
        code: 'ml-registry.artifact-frozen',
        message: expect.stringContaining('belongs to version 1 of m'),
      });
    }
    await expect(
      registration.transitionStage(
        {
          ...key,
          to: 'production',
          archiveExisting: false,
        },
        { caller: ann },
      ),
    ).rejects.toThrow('asked p-1');
    await expect(
      registration.setAlias({ ...key, alias: 'Champion' }, { caller: ann }),
    ).rejects.toThrow('asked p-1');
    await knex('model_versions').update({ stage: 'production' });
    for (const change of [
      `${path}/MLmodel`,
      path,
      `${experimentId}/${runId}/artifacts`,
    ]) {
      await expect(artifacts.delete(change, { caller: ann })).rejects.toThrow(
        /belongs to version 1 of m/,
      );
    }
    await expect(
      registration.deleteModel('m', { caller: ann }),
    ).rejects.toThrow(/cannot be deleted/);
    await artifacts.upload(
      {
        path: `${experimentId}/${runId}/artifacts/model2`,
        content: Readable.from(['z']),
      },
      { caller: ann },
    );
  });

  it('renames a model with all that belongs to it', async () => {
    const { registration, reads, aRun } = await start();
    await registration.createModel(
      { name: 'old', tags: { k: 'v' } },
      { caller: ann },
    );
    const source = `runs:/${await aRun()}/model`;
    await registration.createVersion(
      {
        name: 'old',
        source,
        tags: { t: '1' },
      },
      { caller: ann },
    );
    await registration.setAlias(
      {
        name: 'old',
        alias: 'blue',
        version: 1,
      },
      { caller: ann },
    );
    await registration.renameModel(
      { name: 'old', newName: 'new' },
      { caller: ann },
    );
    expect(await reads.getModel('new', { caller: ann })).toMatchObject({
      tags: { k: 'v' },
      aliases: [{ alias: 'blue', version: 1 }],
    });
    const found = await reads.searchVersions(
      {
        filter: "tags.t = '1' AND version_number < 2",
        orderBy: [],
        limit: 5,
      },
      { caller: ann },
    );
    expect(found.versions).toMatchObject([
      { name: 'new', version: 1, aliases: ['blue'] },
    ]);
    await expect(reads.getModel('old', { caller: ann })).rejects.toThrow(
      /not found/,
    );
  });
});
