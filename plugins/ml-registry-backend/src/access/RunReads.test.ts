import { Readable } from 'node:stream';
import {
  mockCredentials,
  mockServices,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { callerOfJob, type Caller } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import {
  createMlModelConditionalDecision,
  mlModelConditions,
} from '@downstage/plugin-ml-registry-node';
import { aModelEntity } from '../__testUtils__/aModelEntity';
import { caller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { LedgerStore } from '../ledger/LedgerStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const ann = caller('ann');
const cleo = caller('cleo');
const absent = { name: 'NotFoundError' };

type Condition = Parameters<typeof createMlModelConditionalDecision>[1];

/** A policy that answers questions about reading with this condition, once there is one. */
function aPolicy() {
  const policy: {
    reading?: Condition;
    denied?: boolean;
    catalog: AuthorizeResult;
  } = {
    catalog: AuthorizeResult.ALLOW,
  };
  const permissions = mockServices.permissions.mock({
    authorize: async () => [{ result: AuthorizeResult.ALLOW }] as never,
    authorizeConditional: async ([{ permission }]) => {
      if (permission.name === 'catalog.entity.read') {
        return [{ result: policy.catalog }] as never;
      }
      if (policy.denied) return [{ result: AuthorizeResult.DENY }] as never;
      return [
        policy.reading && permission.name === 'ml.registry.read'
          ? createMlModelConditionalDecision(
              permission as never,
              policy.reading,
            )
          : { result: AuthorizeResult.ALLOW },
      ] as never;
    },
  });
  return { policy, permissions };
}

describe.each(databases.eachSupportedId())('who reads runs, on %p', id => {
  async function start() {
    const { policy, permissions } = aPolicy();
    const hidden = new Set<string>();
    const entities = ['tumours', 'fraud'].map(name => aModelEntity({}, name));
    const seenBy = (options?: object) =>
      entities.filter(
        ({ metadata }) =>
          JSON.stringify(options).includes('"type":"service"') ||
          !hidden.has(metadata.name),
      );
    const catalog = catalogServiceMock.mock();
    catalog.getEntitiesByRefs.mockImplementation(
      async ({ entityRefs }, options) => ({
        items: entityRefs.map(ref =>
          seenBy(options).find(
            ({ metadata }) => ref === `model:default/${metadata.name}`,
          ),
        ),
      }),
    );
    catalog.getEntityFacets.mockImplementation((request, options) =>
      catalogServiceMock({ entities: seenBy(options) }).getEntityFacets(
        request,
        options as never,
      ),
    );
    const registry = await aRegistry(await databases.init(id), {
      permissions,
      catalogService: catalog,
    });
    const { tracking } = registry;
    /** An experiment with a run, and all that can belong to one. */
    const aStudy = async (who: Caller, name: string) => {
      const experimentId = await tracking.experiments.create(
        {
          name,
          tags: {},
        },
        { caller: who },
      );
      const { runId } = await tracking.runs.create(
        {
          experimentId,
          tags: [],
        },
        { caller: who },
      );
      await tracking.log.log(
        { runId, metrics: [{ key: 'auc', value: 0.9, timestamp: 1, step: 0 }] },
        { caller: who },
      );
      await tracking.log.logInputs(
        {
          runId,
          datasets: [
            {
              name: `data of ${name}`,
              digest: 'd',
              sourceType: 'local',
              source: '{}',
              tags: {},
            },
          ],
          models: [],
        },
        { caller: who },
      );
      const { modelId } = await tracking.loggedModels.create(
        {
          experimentId,
          sourceRunId: runId,
          params: [],
          tags: [],
        },
        { caller: who },
      );
      const traceId = `tr-${name}`;
      await tracking.traces.start(
        {
          traceId,
          experimentId,
          requestTime: 1,
          state: 'OK',
          tags: {},
          metadata: {},
        },
        { caller: who },
      );
      const { datasetId } = await tracking.evaluationDatasets.create(
        {
          name,
          experimentIds: [experimentId],
          tags: {},
        },
        { caller: who },
      );
      const file = `${experimentId}/${runId}/artifacts/plot.txt`;
      await registry.upload(file, 'plot');
      return { experimentId, runId, modelId, traceId, datasetId, file };
    };
    /** What every list shows ann. */
    const shown = async (studies: Awaited<ReturnType<typeof aStudy>>[]) => {
      const experimentIds = studies.map(({ experimentId }) => experimentId);
      const runIds = studies.map(({ runId }) => runId);
      const page = { experimentIds, orderBy: [], limit: 10 };
      const active = ['active' as const];
      const search = { ...page, lifecycleStages: active };
      const table = await registry.runPages.table.page(
        {
          experimentId: [],
          runId: [],
          column: [],
          sort: 'attributes.start_time',
          direction: 'desc',
          deleted: false,
          limit: 10,
        },
        as('ann'),
      );
      expect(table.total).toBe(table.runIds.length);
      const folders = await tracking.artifacts.list('', { caller: ann });
      return {
        experiments: (
          await tracking.experiments.search(search, { caller: ann })
        ).experiments
          .map(({ name }) => name)
          .filter(name => name !== 'Default'),
        ofPortal: (await registry.runs.listExperiments({}, as('ann'))).items
          .map(({ name }) => name)
          .filter(name => name !== 'Default'),
        datasets: (
          await tracking.experiments.searchDatasets(experimentIds, {
            caller: ann,
          })
        ).map(({ name }) => name),
        runs: (await tracking.runs.search(search, { caller: ann })).runs.map(
          ({ runId }) => runId,
        ),
        runsOfPortal: (
          await registry.runs.search({ limit: 10 }, as('ann'))
        ).items.map(({ runId }) => runId),
        table: table.runIds,
        tableExperiments: Object.values(table.experimentNames),
        points: (
          await tracking.histories.bulk({ runIds, key: 'auc' }, { caller: ann })
        ).map(({ runId }) => runId),
        models: (
          await tracking.loggedModels.search(
            {
              ...page,
              datasets: [],
              orderBy: [],
            },
            { caller: ann },
          )
        ).models.map(({ modelId }) => modelId),
        traces: (
          await tracking.traces.search(page, { caller: ann })
        ).traces.map(({ traceId }) => traceId),
        infos: (
          await tracking.traces.getInfos(
            {
              traceIds: studies.map(({ traceId }) => traceId),
            },
            { caller: ann },
          )
        ).map(({ traceId }) => traceId),
        evaluations: (
          await tracking.evaluationDatasets.search(page, { caller: ann })
        ).datasets.map(({ datasetId }) => datasetId),
        folders: folders.map(({ path }) => path).filter(path => path !== '0'),
      };
    };
    const everythingOf = (
      name: string,
      study: Awaited<ReturnType<typeof aStudy>>,
    ) => ({
      experiments: [name],
      ofPortal: [name],
      datasets: [`data of ${name}`],
      runs: [study.runId],
      runsOfPortal: [study.runId],
      table: [study.runId],
      tableExperiments: [name],
      points: [study.runId],
      models: [study.modelId],
      traces: [study.traceId],
      infos: [study.traceId],
      evaluations: [study.datasetId],
      folders: [study.experimentId],
    });
    /** Every question about one thing, as ann. */
    const questions = (
      study: Awaited<ReturnType<typeof aStudy>>,
      name: string,
    ) => {
      const { experimentId, runId, modelId, traceId, datasetId, file } = study;
      const runPages = registry.runPages;
      return {
        experiment: () =>
          tracking.experiments.get(experimentId, { caller: ann }),
        byName: () => tracking.experiments.getByName(name, { caller: ann }),
        run: () => tracking.runs.get(runId, { caller: ann }),
        text: () => tracking.runs.getText(runId, { caller: ann }),
        ofPortal: () => registry.runs.get(runId, as('ann')),
        metric: () =>
          tracking.runs.metricHistory({ runId, key: 'auc' }, { caller: ann }),
        interval: () =>
          tracking.histories.interval(
            { runIds: [runId], key: 'auc' },
            { caller: ann },
          ),
        chart: () =>
          registry.runs.metricHistory({ runId, key: 'auc' }, as('ann')),
        series: () =>
          runPages.series.read(
            { runId: [runId], key: ['auc'], axis: 'step', points: 9 },
            as('ann'),
          ),
        ofRun: () => runPages.table.models({ runId: runId }, as('ann')),
        model: () => tracking.loggedModels.get({ modelId }, { caller: ann }),
        trace: () => tracking.traces.getInfo(traceId, { caller: ann }),
        spans: () =>
          tracking.traces.get({ traceId, allowPartial: true }, { caller: ann }),
        evaluation: () =>
          tracking.evaluationDatasets.get(datasetId, { caller: ann }),
        records: () =>
          tracking.evaluationDatasets.records(
            { datasetId, limit: 1 },
            { caller: ann },
          ),
        file: () => tracking.artifacts.download(file, { caller: ann }),
        files: () => registry.runs.listArtifacts({ runId }, as('ann')),
        fileOfPortal: () =>
          registry.runs.findArtifact({ runId, path: 'plot.txt' }, as('ann')),
        // Changes say no more than questions do.
        tag: () =>
          tracking.log.log(
            { runId, tags: [{ key: 'a', value: 'b' }] },
            { caller: ann },
          ),
        rename: () =>
          tracking.experiments.rename(
            { experimentId, name: 'other' },
            { caller: ann },
          ),
        finalize: () =>
          tracking.loggedModels.finalize(
            { modelId, status: 'LOGGED_MODEL_READY' },
            {
              caller: ann,
            },
          ),
        traceTag: () =>
          tracking.traces.setTag(
            { traceId, key: 'a', value: 'b' },
            { caller: ann },
          ),
        put: () =>
          tracking.artifacts.upload(
            { path: file, content: Readable.from(['x']) },
            {
              caller: ann,
            },
          ),
        evaluationTags: () =>
          tracking.evaluationDatasets.setTags(
            { datasetId, tags: { a: 'b' } },
            { caller: ann },
          ),
      };
    };
    return {
      ...registry,
      policy,
      hidden,
      aStudy,
      shown,
      everythingOf,
      questions,
    };
  }

  it('shows what a group owns under a policy that allows its own alone', async () => {
    const registry = await start();
    const mine = await registry.aStudy(ann, 'study');
    const other = await registry.aStudy(cleo, 'credit');
    const both = await registry.shown([mine, other]);
    for (const list of Object.values(both)) expect(list).toHaveLength(2);

    registry.policy.reading = mlModelConditions.isOwner({
      owners: ['group:default/diagnostics'],
    });
    expect(await registry.shown([mine, other])).toEqual(
      registry.everythingOf('study', mine),
    );
    const { put, rename, ...reads } = registry.questions(mine, 'study');
    for (const ask of Object.values(reads)) await ask();
    for (const [name, ask] of Object.entries(
      registry.questions(other, 'credit'),
    )) {
      const answer = await ask().catch((error: Error) => error.name);
      expect([name, answer]).toEqual([name, 'NotFoundError']);
    }
    expect(
      await registry.tracking.artifacts.list(
        `${other.experimentId}/${other.runId}/artifacts`,
        { caller: ann },
      ),
    ).toEqual([]);
    expect(
      await registry.tracking.artifacts.list(other.experimentId, {
        caller: ann,
      }),
    ).toEqual([]);
  });

  it('takes the model of a run from its versions, and of an experiment from its name', async () => {
    const registry = await start();
    await registry.aVersion(1, {}, { name: 'fraud' });
    const mine = await registry.aStudy(ann, 'study');
    const named = await registry.aStudy(ann, 'fraud');
    const ofFraud = mlModelConditions.isOfModel({
      models: ['model:default/fraud'],
    });
    const runs = async () =>
      (await registry.runs.search({ limit: 9 }, as('ann'))).items
        .map(({ runId }) => runId)
        .sort();
    registry.policy.reading = ofFraud;
    expect(await runs()).toEqual([named.runId, 'fraud-run-1'].sort());
    registry.policy.reading = { not: ofFraud };
    expect(await runs()).toEqual([mine.runId]);
    registry.policy.reading = {
      allOf: [ofFraud, mlModelConditions.hasRisk({ risks: ['high'] })],
    };
    expect(await runs()).toEqual([]);
    registry.policy.reading = mlModelConditions.isInStage({
      stages: ['production'],
    });
    expect(await runs()).toEqual([]);
  });

  it('compares refs as the catalog does: small letters mean a model that is registered with capitals', async () => {
    const registry = await start();
    await registry.aVersion(1, {}, { name: 'Fraud' });
    const mine = await registry.aStudy(ann, 'study');
    // A job names its model as the catalog does.
    const trained = await registry.aStudy(ann, 'training');
    await registry.knex('run_tags').insert({
      run_id: trained.runId,
      key: 'downstage.model',
      value: 'model:default/fraud',
    });
    const found = async (reading: Condition) => {
      registry.policy.reading = reading;
      const { items } = await registry.runs.search({ limit: 9 }, as('ann'));
      const models = await registry.models.list(
        { limit: 9, sort: 'name' },
        as('ann'),
      );
      return {
        runs: items.map(({ runId }) => runId).sort(),
        models: models.items.map(({ name }) => name),
      };
    };
    const ofFraud = { runs: ['Fraud-run-1', trained.runId].sort() };
    for (const ref of [
      'model:default/fraud',
      'model:default/Fraud',
      'Model:Default/FRAUD',
    ]) {
      const isFraud = mlModelConditions.isOfModel({ models: [ref] });
      expect(await found(isFraud)).toEqual({ ...ofFraud, models: ['Fraud'] });
      expect(await found({ not: isFraud })).toEqual({
        runs: [mine.runId],
        models: [],
      });
    }
    const inDefault = mlModelConditions.isInNamespace({
      namespaces: ['Default'],
    });
    expect(await found(inDefault)).toEqual({ ...ofFraud, models: ['Fraud'] });
  });

  it('hides runs and experiments of a model whose entity the catalog hides from a person', async () => {
    const registry = await start();
    await registry.aVersion(1, {}, { name: 'fraud' });
    const mine = await registry.aStudy(ann, 'tumours');
    const other = await registry.aStudy(ann, 'fraud');
    registry.policy.catalog = AuthorizeResult.CONDITIONAL;
    registry.hidden.add('fraud');
    expect(await registry.shown([mine, other])).toEqual(
      registry.everythingOf('tumours', mine),
    );
    await expect(
      registry.runs.get('fraud-run-1', as('ann')),
    ).rejects.toMatchObject(absent);
    registry.hidden.clear();
    registry.passes(30_000);
    await expect(
      registry.runs.get('fraud-run-1', as('ann')),
    ).resolves.toMatchObject({ runId: 'fraud-run-1' });
  });

  it('shows a job what it made, and beside it what its submitter could read', async () => {
    const registry = await start();
    const ours = callerOfJob(
      {
        subject: 'job:j1',
        actor: 'user:default/cleo',
        owner: 'group:default/diagnostics',
        rights: {
          reads: {
            'ml.registry.read': mlModelConditions.isOwner({
              owners: ['group:default/credit'],
            }),
          },
        },
        attributes: { job: 'j1' },
      },
      mockCredentials.service('plugin:ml-registry'),
    );
    const made = await registry.aStudy(ours, 'made-by-it');
    const other = await registry.aStudy(ann, 'of-others');
    const theirs = await registry.aStudy(cleo, 'of-its-submitter');
    const seen = async (runId: string) =>
      registry.runs.get(runId, { caller: ours }).then(
        run => run.runId === runId,
        error => error.name,
      );
    expect(
      await Promise.all([made, theirs, other].map(({ runId }) => seen(runId))),
    ).toEqual([true, true, 'NotFoundError']);
    const { runs } = await registry.tracking.runs.search(
      {
        experimentIds: [made, theirs, other].map(
          ({ experimentId }) => experimentId,
        ),
        lifecycleStages: ['active'],
        orderBy: [],
        limit: 10,
      },
      { caller: ours },
    );
    expect(runs.map(({ runId }) => runId).sort()).toEqual(
      [made.runId, theirs.runId].sort(),
    );
  });

  it('keeps from who sees a model what was under its name before', async () => {
    const registry = await start();
    const { registration } = registry.tracking;
    const write = (name: string, message: string) =>
      registry.knex.transaction(tx =>
        new LedgerStore(registry.knex).append(tx, name, {
          at: '2026-03-01T10:00:00.000Z',
          actor: 'user:default/ann',
          action: 'rolled-back',
          version: 1,
          from: 'none',
          to: 'production',
          message,
        }),
      );
    await registration.createModel(
      { name: 'scores', tags: {} },
      { caller: ann },
    );
    await write('scores', 'of the one that has another name now');
    await registration.renameModel(
      { name: 'scores', newName: 'others' },
      { caller: ann },
    );
    await registration.createModel(
      { name: 'scores', tags: {} },
      { caller: ann },
    );
    await write('scores', 'of the one that is no more');
    await registration.deleteModel('scores', { caller: ann });
    await registration.createModel(
      { name: 'scores', tags: {} },
      { caller: ann },
    );
    await write('scores', 'of this one');
    const shown = async (model?: string) => {
      const { ledgers } = registry.records;
      const call = as('ann');
      const { items } = await ledgers.list({ model, limit: 99 }, call);
      const year = { from: '2026-01-01', to: '2027-01-01' };
      const changes = await ledgers.productionChanges({ model, ...year }, call);
      return {
        messages: items
          .filter(({ action }) => action === 'rolled-back')
          .map(({ message }) => message),
        changes: changes.items.map(({ name }) => name),
      };
    };
    const seeing = (name: string) => {
      const models = [`model:default/${name}`];
      registry.policy.reading = mlModelConditions.isOfModel({ models });
    };
    seeing('scores');
    const ofThis = { messages: ['of this one'], changes: ['scores'] };
    expect(await shown()).toEqual(ofThis);
    expect(await shown('scores')).toEqual(ofThis);
    seeing('others');
    expect((await shown()).messages).toEqual([]);
    expect(await shown('others')).toMatchObject({
      messages: ['of the one that has another name now'],
    });
  });

  it('lists promotions, the ledger and production of models that are seen', async () => {
    const registry = await start();
    for (const name of ['tumours', 'fraud']) {
      await registry.aVersion(1, {}, { name });
      await registry.knex.transaction(tx =>
        new LedgerStore(registry.knex).append(tx, name, {
          at: '2026-03-01T10:00:00.000Z',
          actor: 'user:default/ann',
          action: 'rolled-back',
          version: 1,
          from: 'none',
          to: 'production',
          message: name,
        }),
      );
      await registry.promotions.request(
        { namespace: 'default', name, version: 1, to: 'production' },
        as('ann'),
      );
    }
    const { ledgers } = registry.records;
    const shown = async (model?: string) => {
      const names = async (
        list: Promise<{ items: { name?: string; modelRef?: string }[] }>,
      ) => [
        ...new Set((await list).items.map(item => item.name ?? item.modelRef)),
      ];
      const call = as('ann');
      let text = '';
      const question = { model, format: 'csv' as const };
      for await (const part of await ledgers.export(question, call)) {
        text += part;
      }
      return {
        ledger: await names(ledgers.list({ model, limit: 9 }, call)),
        at: await names(
          ledgers.productionOn({ model, at: '2026-03-02' }, call),
        ),
        changes: await names(
          ledgers.productionChanges(
            { model, from: '2026-01-01', to: '2027-01-01' },
            call,
          ),
        ),
        promotions: await names(registry.promotions.list({ model }, call)),
        csv: ['fraud', 'tumours'].filter(name => text.includes(name)),
      };
    };
    const all = await shown();
    for (const [name, list] of Object.entries(all)) {
      expect([name, list.length]).toEqual([name, 2]);
    }
    const ofFraud = await shown('fraud');
    registry.policy.reading = mlModelConditions.isOfModel({
      models: ['model:default/fraud'],
    });
    expect(await shown()).toEqual(ofFraud);
    expect(await shown('fraud')).toEqual(ofFraud);
    for (const list of Object.values(await shown('tumours'))) {
      expect(list).toEqual([]);
    }
    await expect(
      registry.rollbacks.history(
        { namespace: 'default', name: 'tumours' },
        as('ann'),
      ),
    ).rejects.toMatchObject(absent);
    registry.policy.reading = undefined;
    registry.policy.catalog = AuthorizeResult.CONDITIONAL;
    registry.hidden.add('tumours');
    expect(await shown()).toEqual(ofFraud);
  });

  it('gives the files of a version to who may read its model, though not its run', async () => {
    const registry = await start();
    await registry.aVersion(
      1,
      {},
      { name: 'fraud', owner: 'group:default/credit' },
    );
    registry.policy.reading = {
      allOf: [mlModelConditions.isOwner({ owners: ['group:default/credit'] })],
    };
    const path = '0/fraud-run-1/artifacts/model/MLmodel';
    await expect(
      registry.runs.get('fraud-run-1', as('ann')),
    ).rejects.toMatchObject(absent);
    await expect(
      registry.tracking.artifacts.download(path, { caller: ann }),
    ).resolves.toMatchObject({ path });
    const listed = await registry.tracking.artifacts.list(
      '0/fraud-run-1/artifacts/model',
      { caller: ann },
    );
    expect(listed).toHaveLength(1);
  });

  it('refuses who may read nothing at all, and shows nothing to who may read nothing that there is', async () => {
    const registry = await start();
    const mine = await registry.aStudy(ann, 'study');
    registry.policy.reading = { anyOf: [] } as never;
    const lists = await registry.shown([mine]);
    for (const list of Object.values(lists)) expect(list).toEqual([]);
    registry.policy.denied = true;
    for (const ask of [
      registry.shown([mine]),
      registry.runs.get(mine.runId, as('ann')),
      registry.tracking.experiments.getByName('absent', { caller: ann }),
      registry.tracking.artifacts.download(mine.file, { caller: ann }),
    ]) {
      await expect(ask).rejects.toMatchObject({ name: 'NotAllowedError' });
    }
  });
});
