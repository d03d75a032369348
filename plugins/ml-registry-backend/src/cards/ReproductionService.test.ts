import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { RecordedJob } from '@downstage/plugin-ml-registry-node';
import { jobCaller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { aRegistryWithFiles } from '../__testUtils__/aRegistryWithFiles';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const job: RecordedJob = {
  id: 'job-1',
  repository: 'https://git.example/tumours.git',
  commit: 'c0ffee',
  definition: { entryPoint: 'python train.py', inputs: [{ name: 'train' }] },
  parameters: { depth: 3, seed: 7 },
  inputs: [{ name: 'train', ref: 'default/masses@2' }],
  owner: 'group:default/diagnostics',
};

describe.each(databases.eachSupportedId())('about versions, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistryWithFiles(await databases.init(id), options);

  it('trains a version again with every part pinned, and compares the metrics', async () => {
    const submit = jest.fn(async () => ({ id: 'job-2' }));
    const { records, aVersion, knex } = await start({
      jobs: () => ({
        find: async jobId => (jobId === 'job-1' ? job : undefined),
        submit,
      }),
    });
    const path = await aVersion(1, { auc: 0.9, 'system/cpu': 12 });
    await knex('runs')
      .where({ run_id: 'tumours-run-1' })
      .update({ job_id: 'job-1' });

    const before = await records.reproductions.get(path, as('ann'));
    expect(before).toMatchObject({
      possible: true,
      command: expect.stringContaining('--modelVersion default/tumours@1'),
      pinned: { commit: 'c0ffee', datasets: ['default/masses@2'], seed: '7' },
    });
    const asked = await records.reproductions.reproduce(path, as('ann'));
    expect(asked.attempts).toMatchObject([
      { jobId: 'job-2', outcome: 'waiting' },
    ]);
    expect(submit).toHaveBeenCalledWith(
      {
        source: { repository: job.repository, ref: 'c0ffee' },
        definition: {
          entryPoint: 'python train.py',
          inputs: [{ name: 'train', dataset: 'default/masses@2' }],
        },
        parameters: { depth: 3, seed: 7 },
        owner: 'group:default/diagnostics',
      },
      expect.anything(),
    );

    await aVersion(2, { auc: 0.9000001, 'system/cpu': 80 });
    await knex('runs')
      .where({ run_id: 'tumours-run-2' })
      .update({ job_id: 'job-2' });
    expect(
      (await records.reproductions.get(path, as('ann'))).attempts,
    ).toMatchObject([
      {
        runId: 'tumours-run-2',
        outcome: 'equal',
        metrics: [{ metric: 'auc', equal: true }],
      },
    ]);
    await knex('latest_metrics')
      .where({ run_id: 'tumours-run-2', key: 'auc' })
      .update({ value: 0.8 });
    expect(
      (await records.reproductions.get(path, as('ann'))).attempts[0].outcome,
    ).toBe('different');
  });

  it('says why a version that was logged by hand cannot be trained again', async () => {
    const { records, aVersion } = await start({
      jobs: () => ({
        find: async () => undefined,
        submit: async () => ({ id: 'x' }),
      }),
    });
    const path = await aVersion(1);
    await expect(
      records.reproductions.reproduce(path, as('ann')),
    ).rejects.toThrow(/logged outside a job/);
  });

  it('tags the run of such a job with the version it trains again', async () => {
    const { tracking, aVersion, knex } = await start();
    await aVersion(1);
    await knex('reproductions').insert({
      job_id: 'job-9',
      name: 'tumours',
      version: 1,
      requested_by: 'user:default/ann',
      at: '2026-03-01T10:00:00.000Z',
    });
    const run = await tracking.runs.create(
      {
        experimentId: '0',
        tags: [],
      },
      { caller: jobCaller({ job: 'job-9' }) },
    );
    expect(run.tags).toContainEqual({
      key: 'downstage.reproduces',
      value: 'default/tumours@1',
    });
  });
});
