import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { volumeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import { aVersion, modelRef, normal } from '../testUtils/fakes';
import { aWatch } from '../__testUtils__/aWatch';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('watching, %p', databaseId => {
  const setUp = async (options?: Parameters<typeof aWatch>[1]) =>
    aWatch(await databases.init(databaseId), options);

  it('goes from no data over ok to drift and back, and tells the owners once an episode', async () => {
    const { pass, monitor, log, send, windows, stop } = await setUp();
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'no_data',
      message: expect.stringContaining('have been evaluated yet'),
    });

    await log.answer({ radius: normal(300) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'ok',
      coveredUntil: '2026-03-01T10:04:59.000000Z',
    });
    expect(send).not.toHaveBeenCalled();

    await log.answer({ radius: normal(300, 1.5) });
    await pass();
    await log.answer({ radius: normal(300, 1.6) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'drift',
      message: expect.stringContaining('radius'),
      openEpisodeId: expect.any(String),
    });
    expect(send).toHaveBeenCalledTimes(1);
    expect(send).toHaveBeenCalledWith({
      recipients: { type: 'entity', entityRef: modelRef },
      payload: expect.objectContaining({
        severity: 'high',
        scope: modelRef,
        topic: 'ml-monitoring.drift',
        description: expect.stringContaining('radius'),
        link: expect.stringMatching(
          /^\/catalog\/default\/model\/tumour-malignancy\/monitoring\?window=/,
        ),
      }),
    });

    await log.answer({ radius: normal(300) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'ok',
      openEpisodeId: undefined,
    });
    await log.answer({ radius: normal(300, -1.5) });
    await pass();
    expect(send).toHaveBeenCalledTimes(2);

    const kept = await windows.list(modelRef, { limit: 10 });
    expect(kept.map(window => window.status)).toEqual(['drift', 'ok', 'drift']);
    await stop();
  });

  it('keeps the alarm when another version is promoted, until a window of that one is ok', async () => {
    const { pass, knex, monitor, log, send, state, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    await pass();
    expect(await monitor()).toMatchObject({ status: 'drift' });

    state.versions.push(
      aVersion({ ref: 'default/tumour-malignancy@2', version: 2 }),
    );
    state.champion = 2;
    await pass();
    expect(await monitor()).toMatchObject({
      version: 2,
      status: 'drift',
      message: expect.stringMatching(
        /^No window since version 2 was promoted: .* with the version before\./,
      ),
      openEpisodeId: expect.any(String),
      coveredUntil: undefined,
    });
    const episode = () => knex('episodes').orderBy('since').first();
    expect(await episode()).toMatchObject({ version: 1, closed_at: null });
    // The owners were told once: promoting is no news of drift.
    expect(send).toHaveBeenCalledTimes(1);

    await log.answer({ version: 2, radius: normal(300) });
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'ok',
      openEpisodeId: undefined,
    });
    expect(await episode()).toMatchObject({
      closed_because: 'The predictions look like the baseline of version 2',
    });
    await stop();
  });

  it('goes on where it was after the gateway was started again, and tells nobody twice', async () => {
    const { pass, knex, monitor, log, send, state, windows, stop } =
      await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    await pass();
    const before = await monitor();
    expect(before).toMatchObject({ status: 'drift', version: 1 });

    state.gatewayStarts = true;
    await pass();
    await pass();
    state.gatewayStarts = false;
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'drift',
      version: 1,
      coveredUntil: before.coveredUntil,
      openEpisodeId: before.openEpisodeId,
    });
    expect(await windows.list(modelRef, { limit: 10 })).toHaveLength(1);
    expect(await knex('episodes').select('closed_at')).toEqual([
      { closed_at: null },
    ]);
    expect(send).toHaveBeenCalledTimes(1);

    state.champion = undefined;
    await pass();
    expect(await monitor()).toMatchObject({
      status: 'no_data',
      version: undefined,
      openEpisodeId: undefined,
    });
    await stop();
  });

  it('opens an episode of the new version where that one drifts too, and ends all with the last version', async () => {
    const { pass, knex, monitor, log, state, stop } = await setUp();
    await pass();
    await log.answer({ radius: normal(300, 2) });
    await pass();
    state.versions.push(
      aVersion({ ref: 'default/tumour-malignancy@2', version: 2 }),
    );
    state.champion = 2;
    await pass();
    await log.answer({ version: 2, radius: normal(300, 2) });
    await pass();
    expect(await monitor()).toMatchObject({ status: 'drift', version: 2 });
    expect(
      await knex('episodes')
        .orderBy('version')
        .select('version', 'closed_because'),
    ).toEqual([
      { version: 1, closed_because: 'Another version' },
      { version: 2, closed_because: null },
    ]);
    await stop();
  });

  it('lets a detector that hangs hold up no monitor of another kind (W12)', async () => {
    const free: (() => void)[] = [];
    const hook = () => new Promise<void>(resolve => free.push(resolve));
    const t = await setUp({ detectors: [volumeDetector({ hook })] });
    await t.pass();
    const save = async (monitorName: string) => {
      const path = { modelRef, kind: 'volume', monitorName };
      const at = '2026-01-01T00:00:00.000Z';
      return (await t.monitors.save(path, { settings: {}, at })).monitor.id;
    };
    // As many as are looked at together, and due before the monitor of drift.
    const ids = [await save('daily'), await save('hourly')];
    const statuses = async () =>
      Promise.all(
        ids.map(async id => (await t.monitors.get(id))?.status ?? 'gone'),
      );
    await t.log.answer({ radius: normal(300, 2) });
    const pass = t.pass();
    const isDrift = async () => (await t.monitor()).status === 'drift';
    while (free.length < 2 || !(await isDrift())) {
      await new Promise(setImmediate);
    }
    expect(await statuses()).toEqual(['no_data', 'no_data']);
    for (const resolve of free) resolve();
    await pass;
    expect(await statuses()).toEqual(['ok', 'ok']);
    await t.stop();
  });

  it('keeps one unknown window while a detector goes on failing, and an open alarm (W12)', async () => {
    let fails = false;
    let why = 'no memory';
    const hook = async () => {
      if (fails) throw new Error(why);
    };
    const t = await setUp({ detectors: [volumeDetector({ hook })] });
    await t.pass();
    const { monitor: volume } = await t.monitors.save(
      { modelRef, kind: 'volume', monitorName: 'daily' },
      { settings: { least: 500 }, at: t.time.now.toISOString() },
    );
    const statuses = async () =>
      (await t.windows.list(volume.id, { limit: 10 })).map(one => one.status);
    fails = true;
    await t.log.answer({ radius: normal(300) });
    await t.pass(10);
    await t.pass(10);
    expect(await statuses()).toEqual(['unknown']);
    expect(await t.monitors.get(volume.id)).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('no memory'),
      coveredUntil: undefined,
    });
    why = 'no disk';
    await t.pass(10);
    expect(await statuses()).toEqual(['unknown']);
    expect(await t.monitors.get(volume.id)).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining('no disk'),
    });
    fails = false;
    await t.pass(10);
    expect(await t.monitors.get(volume.id)).toMatchObject({
      status: 'warning',
    });
    fails = true;
    await t.log.answer({ radius: normal(300) });
    await t.pass(10);
    expect(await statuses()).toEqual(['unknown', 'warning', 'unknown']);
    expect(await t.monitors.get(volume.id)).toMatchObject({
      status: 'warning',
      openEpisodeId: expect.any(String),
    });
    expect(await t.monitor()).toMatchObject({ status: 'ok' });

    // Without an alarm, what is unknown takes the place of what was fine.
    fails = false;
    await t.log.answer({ radius: normal(600) });
    await t.pass(10);
    expect(await t.monitors.get(volume.id)).toMatchObject({ status: 'ok' });
    fails = true;
    await t.log.answer({ radius: normal(600) });
    await t.pass(10);
    expect(await t.monitors.get(volume.id)).toMatchObject({
      status: 'unknown',
    });
    await t.stop();
  });

  it('says of a monitor whose detector is not installed that nobody judges it (W12)', async () => {
    const t = await setUp();
    await t.pass();
    const { monitor } = await t.monitors.save(
      { modelRef, kind: 'volume', monitorName: 'daily' },
      { settings: {}, at: t.time.now.toISOString() },
    );
    await t.pass(10);
    expect(await t.monitors.get(monitor.id)).toMatchObject({
      status: 'unknown',
      message: expect.stringContaining("kind 'volume' is installed"),
    });
    await t.stop();
  });

  it.each([
    ['fine', 100, 'ok', "kind 'volume' is installed"],
    ['an alarm', 500, 'warning', 'An alarm of before stays.'],
  ])(
    'says again what the windows said, %s, when the detector is back, and leaves it to replicas that have it',
    async (_, least, status, meanwhile) => {
      const t = await setUp({ detectors: [volumeDetector()] });
      await t.pass();
      const { monitor } = await t.monitors.save(
        { modelRef, kind: 'volume', monitorName: 'daily' },
        { settings: { least }, at: t.time.now.toISOString() },
      );
      const found = async () => {
        const now = await t.monitors.get(monitor.id);
        return { status: now?.status, message: now?.message };
      };
      await t.log.answer({ radius: normal(300) });
      await t.pass();
      const judged = await found();
      expect(judged).toMatchObject({ status });

      const plain = t.plainReplica();
      t.time.now = new Date(t.time.now.getTime() + 120_000);
      await plain.tick();
      expect(await found()).toEqual(judged);
      t.time.now = new Date(t.time.now.getTime() + 600_000);
      await plain.tick();
      expect(await found()).toEqual({
        status: status === 'ok' ? 'unknown' : status,
        message: expect.stringContaining(meanwhile),
      });
      await plain.stop();

      await t.pass(10);
      expect(await found()).toEqual(judged);
      expect(await t.windows.list(monitor.id, { limit: 5 })).toHaveLength(1);
      await t.stop();
    },
  );
});
