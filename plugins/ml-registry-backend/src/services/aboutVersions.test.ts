import { createHash, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { RecordedJob } from '@downstage/plugin-ml-registry-node';
import { caller, jobCaller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const fixtures = join(__dirname, '../__testUtils__/signing');
const fixture = (path: string) => readFileSync(join(fixtures, path), 'utf8');
const sha256 = (text: string) =>
  createHash('sha256').update(text).digest('hex');
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
  const start = async (options?: Parameters<typeof aRegistry>[1]) => {
    const registry = await aRegistry(await databases.init(id), options);
    /** Puts files among those of a version, as an upload records them. */
    const put = async (version: number, files: Record<string, string>) => {
      for (const [name, content] of Object.entries(files)) {
        const path = `0/tumours-run-${version}/artifacts/model/${name}`;
        registry.artifacts.files.set(path, content);
        await registry.knex('artifacts').insert({
          path_sha256: sha256(path),
          path,
          size: content.length,
          sha256: sha256(content),
          created_at: 0,
        });
      }
    };
    return { ...registry, put };
  };
  const signedFiles = () =>
    Object.fromEntries(
      ['MLmodel', 'requirements.txt', 'data/weights.bin'].map(path => [
        path,
        fixture(`model/${path}`),
      ]),
    );
  const trust = {
    keys: [{ name: 'Release', publicKey: createPublicKey(fixture('key.pub')) }],
    roots: [],
  };

  it('keeps what is declared per version, proposes it for the next, and shows what is verified', async () => {
    const { about, aVersion, put } = await start();
    const first = await aVersion(1, { auc: 0.9, 'auc/age=young': 0.8 });
    const second = await aVersion(2);
    await put(1, { 'requirements.txt': 'numpy==2.3.1\n# no\n' });

    const saved = await about.cards.save(
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

    const proposal = await about.cards.get(second, as('ann'));
    expect(proposal).toMatchObject({
      declared: { intendedUse: 'Second opinion' },
      proposedFrom: 'default/tumours@1',
      completeness: { filled: [] },
    });
    expect(proposal.saved).toBeUndefined();
    expect(await about.cards.read('tumours', 2)).toBeUndefined();
    expect(await about.cards.read('tumours', 1)).toMatchObject({
      filled: ['intendedUse'],
      digest: expect.stringMatching(/^sha256:/),
    });
    const { items } = await about.ledgers.list(
      { action: 'card-changed', limit: 10 },
      as('ann'),
    );
    expect(items).toMatchObject([{ version: 1, message: 'Card: intendedUse' }]);
  });

  it('lets only owners write cards', async () => {
    const { about, aVersion } = await start();
    const path = await aVersion(1);
    await expect(
      about.cards.save({ ...path, declared: { overview: 'x' } }, as('cleo')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
  });

  it('verifies a signature among the files, and says so in the ledger', async () => {
    const { about, aVersion, put } = await start({ trust });
    const path = await aVersion(1, {}, { signature: false });
    await put(1, { ...signedFiles(), 'model.sig': fixture('key.sig.json') });

    expect(await about.signatures.verify(path, as('ann'))).toMatchObject({
      state: 'verified',
      signer: { kind: 'key', name: 'Release' },
      bundle: 'model.sig',
      covered: ['MLmodel', 'data/weights.bin', 'requirements.txt'],
      checkedBy: 'user:default/ann',
    });
    const { items } = await about.ledgers.list(
      { action: 'signature-checked', limit: 10 },
      as('ann'),
    );
    expect(items[0].message).toBe(
      'Signed by Release; 3 files are as they were signed',
    );
  });

  it('refuses no signature because the store could not be read', async () => {
    const { about, aVersion, put, artifacts } = await start({ trust });
    const path = await aVersion(1, {}, { signature: false });
    await put(1, { ...signedFiles(), 'model.sig': fixture('key.sig.json') });
    const { get } = artifacts;
    artifacts.get = async () => {
      throw new Error('The bucket does not answer');
    };
    await expect(about.signatures.verify(path, as('ann'))).rejects.toThrow(
      'The bucket does not answer',
    );
    artifacts.get = get;
    expect(await about.signatures.get(path, as('ann'))).toMatchObject({
      state: 'verified',
    });
  });

  it('takes a bundle that is sent along, keeps it when a worse one follows, and no longer believes it when a file is added', async () => {
    const { about, aVersion, put } = await start({ trust });
    const path = await aVersion(1, {}, { signature: false });
    await put(1, signedFiles());
    expect((await about.signatures.get(path, as('ann'))).state).toBe(
      'unsigned',
    );
    const bundle = JSON.parse(fixture('key.sig.json'));
    expect(
      await about.signatures.verify({ ...path, bundle }, as('ann')),
    ).toMatchObject({ state: 'verified', bundle: 'uploaded' });
    const nonsense = { ...path, bundle: { nonsense: true } };
    expect(await about.signatures.verify(nonsense, as('ann'))).toMatchObject({
      state: 'refused',
    });
    expect(await about.signatures.get(path, as('ann'))).toMatchObject({
      state: 'verified',
    });

    await put(1, { 'evil.py': 'x' });
    expect(await about.signatures.get(path, as('ann'))).toMatchObject({
      state: 'refused',
      problems: ['evil.py was added: it is not part of the signature'],
    });
    expect(await about.signatures.verify(nonsense, as('ann'))).toMatchObject({
      state: 'refused',
      problems: [expect.stringContaining('Not a Sigstore bundle')],
    });
  });

  it('writes one entry for every change of a model, and keeps them when the model is gone', async () => {
    const { about, tracking } = await start({ entity: false });
    const { registration } = tracking;
    const ann = caller('ann');
    const name = 'churn';
    await registration.createModel(ann, { name, tags: {} });
    await registration.updateModel(ann, name, { description: 'Leavers' });
    await registration.setModelTag(ann, { name, key: 'team', value: 'a' });
    await registration.deleteModelTag(ann, { name, key: 'team' });
    await registration.renameModel(ann, name, 'leavers');
    await registration.deleteModel(ann, 'leavers');

    const { items } = await about.ledgers.list(
      { model: 'model:default/leavers', limit: 50 },
      as('ann'),
    );
    expect(items.map(({ action, name: then }) => [then, action])).toEqual([
      ['leavers', 'deleted'],
      ['leavers', 'renamed'],
      ['churn', 'untagged'],
      ['churn', 'tagged'],
      ['churn', 'described'],
      ['churn', 'registered'],
    ]);
    const page = await about.ledgers.list(
      { model: 'leavers', limit: 2 },
      as('ann'),
    );
    expect(
      (
        await about.ledgers.list(
          { model: 'leavers', limit: 2, cursor: page.nextCursor },
          as('ann'),
        )
      ).items.map(({ action }) => action),
    ).toEqual(['untagged', 'tagged']);
    const text: string[] = [];
    for await (const part of await about.ledgers.export(
      { model: 'leavers', format: 'json' },
      as('ann'),
    ))
      text.push(part);
    expect(JSON.parse(text.join(''))).toHaveLength(6);
  });

  it('trains a version again with every part pinned, and compares the metrics', async () => {
    const submit = jest.fn(async () => ({ id: 'job-2' }));
    const { about, aVersion, knex } = await start({
      jobs: () => ({
        find: async jobId => (jobId === 'job-1' ? job : undefined),
        submit,
      }),
    });
    const path = await aVersion(1, { auc: 0.9, 'system/cpu': 12 });
    await knex('runs')
      .where({ run_id: 'tumours-run-1' })
      .update({ job_id: 'job-1' });

    const before = await about.reproductions.get(path, as('ann'));
    expect(before).toMatchObject({
      possible: true,
      command: expect.stringContaining('--modelVersion default/tumours@1'),
      pinned: { commit: 'c0ffee', datasets: ['default/masses@2'], seed: '7' },
    });
    const asked = await about.reproductions.reproduce(path, as('ann'));
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
      (await about.reproductions.get(path, as('ann'))).attempts,
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
      (await about.reproductions.get(path, as('ann'))).attempts[0].outcome,
    ).toBe('different');
  });

  it('says why a version that was logged by hand cannot be trained again', async () => {
    const { about, aVersion } = await start({
      jobs: () => ({
        find: async () => undefined,
        submit: async () => ({ id: 'x' }),
      }),
    });
    const path = await aVersion(1);
    await expect(
      about.reproductions.reproduce(path, as('ann')),
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
    const run = await tracking.runs.create(jobCaller({ job: 'job-9' }), {
      experimentId: '0',
      tags: [],
    });
    expect(run.tags).toContainEqual({
      key: 'downstage.reproduces',
      value: 'default/tumours@1',
    });
  });
});
