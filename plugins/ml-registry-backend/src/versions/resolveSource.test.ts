import { Readable } from 'node:stream';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import { Authorizer, type Caller } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller, jobCaller, people } from '../__testUtils__/people';
import {
  memoryArtifacts,
  migrateForTest,
} from '../__testUtils__/registryFixture';
import type { ReadScope } from '../access/readScope';
import { createTrackingServices } from '../createTrackingServices';
import { LedgerStore } from '../ledger/LedgerStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const credit = 'group:default/credit';
const ann = caller('ann');
const cleo = caller('cleo');
/** From whom the catalog hides the model tumour. */
const dan = caller('dan');
/** Whom the policy lets see what belongs to credit. */
const eve = caller('eve');
const scopes = new Map<Caller, ReadScope>([
  [dan, { hidden: ['tumour'] }],
  [eve, { hidden: [], allowed: { fact: 'owner', values: [credit] } }],
]);
const absent = { name: 'NotFoundError' };
const wrong = { name: 'InputError' };

describe.each(databases.eachSupportedId())('sources of versions, %p', id => {
  async function start() {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    const authorizer = new Authorizer({
      tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
      permissions: mockServices.permissions(),
      userInfo: {
        getUserInfo: async credentials => {
          const { userEntityRef } = await people.getUserInfo(credentials);
          const isOfCredit = /dan|eve|cleo/.test(userEntityRef);
          const group = isOfCredit ? credit : 'group:default/diagnostics';
          return { userEntityRef, ownershipEntityRefs: [userEntityRef, group] };
        },
      },
    });
    let time = 1000;
    const services = createTrackingServices({
      knex,
      ledger: new LedgerStore(knex),
      authorizer,
      auditor: mockServices.auditor.mock(),
      modelReads: {
        requireAny: async () => {},
        sees: async () => true,
        scope: async who => scopes.get(who),
      },
      artifactStore: memoryArtifacts(),
      stagePolicy: {
        transition: async () => ({ outcome: 'refused', message: 'no' }),
      },
      entityOwner: async () => undefined,
      externalSources: [{ location: 's3://open' }],
      onVersionCreated: async () => {},
      clock: () => new Date((time += 1)),
    });
    const { experiments, runs, loggedModels, registration } = services;
    /** An experiment with a run, and a logged model of the run. */
    const study = async (
      who: Caller,
      name: string,
      artifactLocation?: string,
    ) => {
      const by = { caller: who };
      const experimentId = await experiments.create(
        { name, artifactLocation, tags: {} },
        by,
      );
      const run = await runs.create({ experimentId, tags: [] }, by);
      const { modelId } = await loggedModels.create(
        { experimentId, sourceRunId: run.runId, params: [], tags: [] },
        by,
      );
      return { ...run, modelId };
    };
    const model = (who: Caller, name: string, tags = {}) =>
      registration.createModel({ name, tags }, { caller: who });
    const register = (
      who: Caller,
      name: string,
      source: string,
      more: { runId?: string; modelId?: string; tags?: object } = {},
    ) =>
      registration.createVersion(
        { name, source, ...more, tags: { ...more.tags } },
        { caller: who },
      );
    return { ...services, knex, study, model, register };
  }

  it('that the caller may not read do not exist, whatever names them', async () => {
    const { study, model, register, knex } = await start();
    const { runId, modelId, artifactUri, experimentId } = await study(
      ann,
      'tumour',
    );
    await model(ann, 'tumour');
    await register(ann, 'tumour', `runs:/${runId}/model`);
    for (const [name, who] of Object.entries({ dan, eve })) {
      await model(who, name);
      for (const source of [
        'models:/tumour/1',
        `runs:/${runId}/model`,
        `runs:/${runId}`,
        `models:/${modelId}`,
        `${artifactUri}/model`,
        `mlflow-artifacts:/${experimentId}/models/${modelId}/artifacts`,
      ]) {
        await expect(register(who, name, source)).rejects.toMatchObject(absent);
      }
      await expect(
        register(who, name, 's3://open/x', { modelId }),
      ).rejects.toMatchObject(absent);
      const own = await study(who, name);
      for (const source of [`runs:/${own.runId}/m`, 's3://open/x']) {
        await expect(
          register(who, name, source, { runId }),
        ).rejects.toMatchObject(absent);
      }
      await expect(
        register(who, name, `runs:/${own.runId}/m`),
      ).resolves.toMatchObject({ runId: own.runId });
    }
    const rows = await knex('model_versions').where({ run_id: runId });
    expect(rows.map(({ name }) => name)).toEqual(['tumour']);
  });

  it('of another team are used by who may read them, and by jobs', async () => {
    const { study, model, register } = await start();
    const { runId, modelId } = await study(ann, 'churn');
    await model(ann, 'churn');
    await register(ann, 'churn', `models:/${modelId}`, { runId, modelId });
    await model(cleo, 'fraud');
    await expect(
      register(cleo, 'fraud', 'models:/churn/1', { runId, modelId }),
    ).resolves.toMatchObject({ runId, modelId });
    const job = jobCaller({ job: '1', commit: 'abc' });
    await expect(
      register(job, 'churn', `runs:/${runId}/model`, { runId }),
    ).resolves.toMatchObject({ runId });
  });

  it('alone name the run, so that no version has the metrics of another', async () => {
    const { study, model, register, loggedModels } = await start();
    const { runId } = await study(ann, 'churn');
    const own = await study(cleo, 'fraud');
    await model(cleo, 'fraud');
    const { modelId } = await loggedModels.create(
      { experimentId: own.experimentId, params: [], tags: [] },
      { caller: cleo },
    );
    const source = `models:/${modelId}`;
    await expect(
      register(cleo, 'fraud', source, { runId }),
    ).rejects.toMatchObject({
      ...wrong,
      message: expect.stringContaining(
        `was made by no run, and run_id says ${runId}`,
      ),
    });
    await expect(register(cleo, 'fraud', source)).resolves.toMatchObject({
      version: 1,
      runId: undefined,
      modelId,
    });
    for (const copy of ['models:/fraud/1', `runs:/${own.runId}/m`]) {
      await expect(
        register(cleo, 'fraud', copy, { runId }),
      ).rejects.toMatchObject(wrong);
    }
  });

  it('outside have a run that the caller writes, or that keeps its files there', async () => {
    const { study, model, register } = await start();
    const { runId } = await study(ann, 'churn');
    const own = await study(cleo, 'fraud');
    const outside = await study(ann, 'outside', 's3://open/e');
    await model(cleo, 'fraud');
    const at = 's3://open/x';
    await expect(register(cleo, 'fraud', at, { runId })).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
    await expect(
      register(cleo, 'fraud', at, { runId: own.runId }),
    ).resolves.toMatchObject({ storageLocation: at, runId: own.runId });
    await expect(
      register(cleo, 'fraud', `${outside.artifactUri}/m`, {
        runId: outside.runId,
      }),
    ).resolves.toMatchObject({ runId: outside.runId });
  });

  it('of prompts open no files, and lend no run', async () => {
    const { study, model, register } = await start();
    const { runId, modelId, experimentId, artifactUri } = await study(
      ann,
      'tumour',
    );
    const tags = { 'mlflow.prompt.is_prompt': 'true' };
    await model(dan, 'ask', tags);
    for (const source of [
      'dummy-source',
      `mlflow-artifacts:/${experimentId}`,
      `${artifactUri}/model`,
      `models:/${modelId}`,
      's3://open/x',
    ]) {
      await expect(
        register(dan, 'ask', source, { tags }),
      ).resolves.toMatchObject({
        source,
        storageLocation: 'no-files:',
        runId: undefined,
        modelId: undefined,
      });
    }
    for (const more of [{ runId }, { modelId }]) {
      await expect(
        register(dan, 'ask', 'dummy-source', { tags, ...more }),
      ).rejects.toMatchObject(wrong);
    }
    await model(dan, 'plain');
    await expect(register(dan, 'plain', 'models:/ask/1')).rejects.toMatchObject(
      wrong,
    );
  });

  it('of prompts from before lose the places and runs that nobody asked about', async () => {
    const { study, model, register, knex } = await start();
    const tags = { 'mlflow.prompt.is_prompt': 'true' };
    const { runId, modelId, artifactUri } = await study(ann, 'tumour');
    await model(ann, 'tumour');
    await register(ann, 'tumour', `models:/${modelId}`, { modelId });
    await model(dan, 'ask', tags);
    for (let count = 0; count < 3; count++) {
      await register(dan, 'ask', 'dummy-source', { tags });
    }
    const before = [
      { storage_location: artifactUri, run_id: null, model_id: null },
      { storage_location: 'no-files:', run_id: runId, model_id: null },
      { storage_location: 'no-files:', run_id: null, model_id: modelId },
    ];
    for (const [index, old] of before.entries()) {
      await knex('model_versions')
        .where({ name: 'ask', version: index + 1 })
        .update(old);
    }
    const migration = {
      name: '20261129235000_prompts_have_no_files.js',
      directory: resolvePackagePath(
        '@downstage/plugin-ml-registry-backend',
        'migrations',
      ),
    };
    await knex.migrate.down(migration);
    await knex.migrate.up(migration);
    const rowsOf = (name: string) =>
      knex('model_versions')
        .where({ name })
        .orderBy('version')
        .select('source', 'storage_location', 'run_id', 'model_id');
    const nothing = {
      source: 'dummy-source',
      storage_location: 'no-files:',
      run_id: null,
      model_id: null,
    };
    expect(await rowsOf('ask')).toEqual([nothing, nothing, nothing]);
    expect(await rowsOf('tumour')).toEqual([
      {
        source: `models:/${modelId}`,
        storage_location: expect.stringMatching(/^mlflow-artifacts:/),
        run_id: runId,
        model_id: modelId,
      },
    ]);
  });

  it('of prompts stay those of prompts: the tag comes at creation, and stays', async () => {
    const { study, model, register, registration, reads } = await start();
    const key = 'mlflow.prompt.is_prompt';
    const tags = { [key]: 'true' };
    const by = { caller: cleo };
    await model(cleo, 'ask', tags);
    await register(cleo, 'ask', 'dummy-source', { tags });
    const { runId } = await study(cleo, 'fraud');
    await model(cleo, 'fraud');
    await register(cleo, 'fraud', `runs:/${runId}/m`);
    const refused = [
      () => model(cleo, 'other', { [key]: 'false' }),
      () => model(cleo, 'other', { [key]: '' }),
      () => register(cleo, 'ask', `runs:/${runId}/m`),
      () => register(cleo, 'ask', 'dummy-source', { tags: { [key]: '' } }),
      () => register(cleo, 'fraud', 'dummy-source', { tags }),
      ...['ask', 'fraud'].flatMap(name => {
        const value = name === 'ask' ? 'false' : 'true';
        const tag = { name, key, value };
        return [
          () => registration.setModelTag(tag, by),
          () => registration.deleteModelTag({ name, key }, by),
          () => registration.setVersionTag({ ...tag, version: 1 }, by),
          () => registration.deleteVersionTag({ name, key, version: 1 }, by),
        ];
      }),
    ];
    for (const attempt of refused) {
      await expect(attempt()).rejects.toMatchObject(wrong);
    }
    const same = { name: 'ask', key, value: 'true' };
    await registration.setModelTag(same, by);
    await registration.setVersionTag({ ...same, version: 1 }, by);
    expect((await reads.getModel('ask', by)).tags).toEqual(tags);
    expect((await reads.getModel('fraud', by)).tags).toEqual({});
  });

  it('are spelled in one way, so that the files stay as they are however they were named', async () => {
    const { study, model, register, artifacts, knex } = await start();
    const { runId, artifactUri } = await study(ann, 'churn');
    const stored = artifactUri.replace('mlflow-artifacts:/', '');
    await model(ann, 'churn');
    const overwrite = () =>
      artifacts.upload(
        { path: `${stored}/model/MLmodel`, content: Readable.from(['other']) },
        { caller: ann },
      );
    const frozen = { code: 'ml-registry.artifact-frozen' };
    for (const spelled of [
      `runs:/${runId}/model/`,
      `runs:/${runId}//model`,
      `runs:/${runId}/./model//`,
      `${artifactUri}//model/`,
    ]) {
      await expect(register(ann, 'churn', spelled)).resolves.toMatchObject({
        source: spelled,
        storageLocation: `${artifactUri}/model`,
      });
      await expect(overwrite()).rejects.toMatchObject(frozen);
    }
    // As it was registered before: read without the slash, and held without it.
    await knex('model_versions').update({
      storage_location: `${artifactUri}/model/`,
    });
    await expect(overwrite()).rejects.toMatchObject(frozen);
    await expect(
      artifacts.delete(`${stored}/model`, { caller: ann }),
    ).rejects.toMatchObject(frozen);
  });

  it('name no folder above the run', async () => {
    const { study, model, register } = await start();
    const { runId, artifactUri } = await study(ann, 'churn');
    await model(ann, 'churn');
    for (const way of ['../../x', 'a/%2E%2E/x', '..\\x']) {
      for (const root of [`runs:/${runId}`, artifactUri]) {
        await expect(
          register(ann, 'churn', `${root}/${way}`),
        ).rejects.toMatchObject(wrong);
      }
    }
  });
});
