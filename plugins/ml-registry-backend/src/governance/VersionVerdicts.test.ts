import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Gate } from '@downstage/plugin-ml-registry-node';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { VersionFileStore } from '../integrity/VersionFileStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const tumours = { namespace: 'default', name: 'tumours' };
const location = '0/tumours-run-1/artifacts/model';

describe.each(databases.eachSupportedId())('stored verdicts on %p', id => {
  async function start() {
    const gate = {
      name: 'counted',
      evaluate: jest.fn<ReturnType<Gate['evaluate']>, []>(async () => []),
    };
    const registry = await aRegistry(await databases.init(id), {
      gates: [gate],
    });
    const opened = jest.spyOn(registry.artifacts, 'get');
    const listed = jest.spyOn(registry.artifacts, 'list');
    /** The loops look once at everything that is due. */
    const pass = async () => {
      await registry.checks.open();
      const now = new Date('2027-01-01').toISOString();
      for (const { id: row } of await registry
        .knex('version_files')
        .where('next_reconcile_at', '<=', now)) {
        const lease = { id: row, ticket: 'ours' };
        await registry.knex('version_files').where({ id: row }).update(lease);
        await registry.fileReader.step(lease);
      }
      for (const { id: row } of await registry
        .knex('version_checks')
        .where('next_reconcile_at', '<=', now)) {
        const patch = await registry.checks.look(row);
        await registry.knex('version_checks').where({ id: row }).update(patch);
      }
    };
    const list = async () =>
      (
        await registry.models.listVersions(
          { ...tumours, limit: 500 },
          as('ann'),
        )
      ).items;
    return { ...registry, gate, opened, listed, pass, list };
  }

  it('lists 210 versions without opening a file or asking a gate (R1)', async () => {
    const registry = await start();
    for (let version = 1; version <= 210; version += 1) {
      await registry.aVersion(version, { auc: 0.95 }, { holdout: false });
    }
    const first = await registry.list();
    expect(first).toHaveLength(210);
    expect(first[0]).toMatchObject({ gates: [{ status: 'pending' }] });
    expect(registry.opened).not.toHaveBeenCalled();
    expect(registry.listed).not.toHaveBeenCalled();
    expect(registry.gate.evaluate).not.toHaveBeenCalled();
  });

  it('pages versions by their number', async () => {
    const registry = await start();
    for (const version of [1, 2, 3]) await registry.aVersion(version);
    const page = await registry.models.listVersions(
      { ...tumours, limit: 2 },
      as('ann'),
    );
    expect(page.items.map(({ version }) => version)).toEqual([3, 2]);
    const rest = await registry.models.listVersions(
      { ...tumours, limit: 2, cursor: page.nextCursor },
      as('ann'),
    );
    expect(rest.items.map(({ version }) => version)).toEqual([1]);
    expect(rest.nextCursor).toBeUndefined();
  });

  it('shows what the gates said, reads files once, and asks again when metrics change', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.pass();
    const opens = registry.opened.mock.calls.length;
    const [version] = await registry.list();
    expect(version.gates).toContainEqual(
      expect.objectContaining({ gate: 'artifact digests', status: 'passed' }),
    );
    expect(version).toMatchObject({
      flavors: ['onnx', 'python_function'],
      gatesAt: expect.any(String),
    });

    await registry.knex('latest_metrics').update({ value: 0.2 });
    await registry.list();
    await registry.pass();
    const [changed] = await registry.list();
    expect(changed.gates).toContainEqual(
      expect.objectContaining({ gate: 'auc at least 0.9', status: 'failed' }),
    );
    expect(registry.opened.mock.calls).toHaveLength(opens);
  });

  it('asks the gates of a version again when something is written into the ledger about it', async () => {
    const registry = await start();
    await registry.aVersion(1);
    await registry.pass();
    await registry.pass();
    const before = registry.gate.evaluate.mock.calls.length;
    await registry.pass();
    expect(registry.gate.evaluate.mock.calls).toHaveLength(before);
    await registry.records.cards.save(
      { ...tumours, version: 1, declared: { limitations: 'None known' } },
      as('ann'),
    );
    await registry.pass();
    expect(registry.gate.evaluate.mock.calls.length).toBeGreaterThan(before);
  });

  it('decides on files as they are, not as they were stored', async () => {
    const registry = await start();
    const path = await registry.aVersion(1);
    await registry.upload(`${location}/model.onnx`, 'weights');
    await registry.pass();
    registry.artifacts.files.set(`${location}/model.onnx`, 'WEIGHTS');
    registry.passes(11 * 60_000);
    const asked = await registry.promotions.request(
      { ...path, to: 'production' },
      as('ann'),
    );
    expect(asked).toMatchObject({
      state: 'blocked',
      message: expect.stringMatching(/model.onnx differs/),
    });
  });

  it('lets one of two replicas read the files of a version', async () => {
    const registry = await start();
    await registry.aVersion(1);
    const store = new VersionFileStore(registry.knex);
    const key = { name: 'tumours', version: 1 };
    const now = new Date('2026-06-01T10:00:00Z');
    const claim = (at: Date) => store.claim(key, { now: at, leaseMs: 60_000 });
    const lease = await claim(now);
    expect(lease).toBeDefined();
    expect(await claim(now)).toBeUndefined();
    const next = await claim(new Date(now.getTime() + 60_000));
    const found = {
      digest: 'd',
      count: 1,
      changed: [],
      unrecorded: [],
      pickles: [],
      readAt: now.toISOString(),
    };
    expect(await store.save(lease!, found)).toBe(false);
    expect(await store.save(next!, found)).toBe(true);
  });
});
