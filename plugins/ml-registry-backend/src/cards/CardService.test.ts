import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import {
  sha256,
  aRegistryWithFiles,
} from '../__testUtils__/aRegistryWithFiles';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('about versions, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistryWithFiles(await databases.init(id), options);

  it('keeps what is declared per version, proposes it for the next, and shows what is verified', async () => {
    const { records, aVersion, put } = await start();
    const first = await aVersion(1, { auc: 0.9, 'auc/age=young': 0.8 });
    const second = await aVersion(2);
    await put(1, { 'requirements.txt': 'numpy==2.3.1\n# no\n' });

    const saved = await records.cards.save(
      { ...first, declared: { intendedUse: 'Second opinion', users: ' ' } },
      as('ann'),
    );
    expect(saved).toMatchObject({
      declared: { intendedUse: 'Second opinion' },
      saved: { by: 'user:default/ann' },
      completeness: { filled: ['intendedUse'] },
      verified: {
        metrics: [
          { name: 'auc', value: 0.9 },
          { name: 'auc', slice: 'age=young', value: 0.8 },
        ],
        environment: { requirements: ['numpy==2.3.1'] },
        lineage: { runId: 'tumours-run-1' },
      },
    });
    expect(saved.verified.files.items).toContainEqual({
      path: 'requirements.txt',
      size: 18,
      sha256: sha256('numpy==2.3.1\n# no\n'),
    });

    const proposal = await records.cards.get(second, as('ann'));
    expect(proposal).toMatchObject({
      declared: { intendedUse: 'Second opinion' },
      proposedFrom: 'default/tumours@1',
      completeness: { filled: [] },
    });
    expect(proposal.saved).toBeUndefined();
    expect(
      await records.cards.read({ name: 'tumours', version: 2 }),
    ).toBeUndefined();
    expect(
      await records.cards.read({ name: 'tumours', version: 1 }),
    ).toMatchObject({
      filled: ['intendedUse'],
      digest: expect.stringMatching(/^sha256:/),
    });
    const { items } = await records.ledgers.list(
      { action: 'card-changed', limit: 10 },
      as('ann'),
    );
    expect(items).toMatchObject([{ version: 1, message: 'Card: intendedUse' }]);
  });

  it('counts measurements by runs of the owner, and none by a stranger', async () => {
    const { records, aVersion, knex, promotions, tracking } = await start();
    const path = await aVersion(1, {}, { owner: 'group:default/diagnostics' });
    await knex('logged_models').insert({
      model_id: 'm-1',
      experiment_id: 0,
      name: 'forest',
      artifact_location: 'mlflow-artifacts:/0/models/m-1/artifacts',
      creation_time: 1,
      last_updated_time: 1,
      status: 'LOGGED_MODEL_READY',
      source_run_id: 'tumours-run-1',
      owner: 'group:default/diagnostics',
    });
    await knex('model_versions').update({ model_id: 'm-1' });
    /** A run of somebody that measures the model, later than those before. */
    const measure = async (name: string, step: number, value: number) => {
      const who = { caller: caller(name) };
      const experimentId = await tracking.experiments.create(
        { name: `of ${name}`, tags: {} },
        who,
      );
      const { runId } = await tracking.runs.create(
        { experimentId, tags: [] },
        who,
      );
      const metric = { timestamp: 1, step, modelId: 'm-1', value };
      await tracking.log.log(
        {
          runId,
          metrics: ['d1', `only of ${name}`].map(datasetDigest => ({
            ...metric,
            key: `auc on ${datasetDigest}`,
            datasetName: 'holdout',
            datasetDigest,
          })),
        },
        who,
      );
    };
    await measure('ben', 1, 0.8);
    await measure('cleo', 2, 0.1);
    const point = {
      model_id: 'm-1',
      timestamp: 1,
      step: 3,
      value: 0.2,
      dataset_name: 'holdout',
      dataset_digest: 'd1',
    };
    await knex('logged_model_metrics').insert([
      { ...point, key: 'of the run that made it', run_id: 'tumours-run-1' },
      { ...point, key: 'of a run that is gone', run_id: 'gone' },
    ]);
    const measured = (names: Record<string, number>) =>
      Object.entries(names).map(([name, value]) =>
        expect.objectContaining({ name, value }),
      );
    const counted = {
      'auc on d1': 0.8,
      'auc on only of ben': 0.8,
      'of the run that made it': 0.2,
    };
    const card = await records.cards.get(path, as('ann'));
    expect(card.verified.metrics).toEqual(measured(counted));
    // Gates and approvals look at the same.
    const { evidence } = await promotions.request(
      { ...path, to: 'candidate' },
      as('ann'),
    );
    expect(
      Object.fromEntries(
        evidence?.measurements?.map(({ metric, value }) => [metric, value]) ??
          [],
      ),
    ).toEqual(counted);

    // The model was handed over: its new owner measures it from now on.
    await knex('registered_models').update({ owner: 'group:default/credit' });
    const after = await records.cards.get(path, as('ann'));
    expect(after.verified.metrics).toEqual(
      measured({
        'auc on d1': 0.1,
        'auc on only of ben': 0.8,
        'auc on only of cleo': 0.1,
        'of the run that made it': 0.2,
      }),
    );
  });

  it('lets only owners write cards', async () => {
    const { records, aVersion } = await start();
    const path = await aVersion(1);
    await expect(
      records.cards.save({ ...path, declared: { overview: 'x' } }, as('cleo')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
  });
});
