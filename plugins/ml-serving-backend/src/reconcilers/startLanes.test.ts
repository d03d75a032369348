import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { migrate, type Lease } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { EndpointObservation } from '@downstage/plugin-ml-serving-node';
import { FakeServingEngine } from '@downstage/plugin-ml-serving-node/testUtils';
import { onlyChampion } from '../domain/variants';
import { Engines } from '../services/Engines';
import { EngineSync } from '../services/EngineSync';
import type { ModelFetcher } from '../services/ModelFetcher';
import { RolloutService } from '../services/RolloutService';
import { EndpointStore } from '../stores/EndpointStore';
import { RolloutStore } from '../stores/RolloutStore';
import { startLanes } from './startLanes';

jest.setTimeout(60_000);
const longAgo = '2026-03-04T05:06:07.000Z';

/** Takes every question and answers none; how often it was asked is counted. */
class HangingEngine extends FakeServingEngine {
  asked = 0;

  async observe(): Promise<EndpointObservation[]> {
    this.asked += 1;
    return new Promise(() => {});
  }

  async apply(): Promise<never> {
    return new Promise(() => {});
  }
}

describe.each(testDatabaseIds())('startLanes on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });

  /** Aborted when a test is over: until then an engine that hangs is waited for. */
  let givenUp: AbortController;
  let lanes: ReturnType<typeof startLanes> | undefined;
  beforeEach(() => {
    givenUp = new AbortController();
  });
  afterEach(async () => {
    givenUp.abort();
    await lanes?.stop();
  });

  async function until(isSo: () => Promise<boolean>) {
    const { signal } = givenUp;
    while (!signal.aborted && !(await isSo())) {
      await new Promise(setImmediate);
    }
  }

  async function start() {
    const knex = await databases.init(databaseId);
    await migrate(
      { getClient: async () => knex },
      '@downstage/plugin-ml-serving-backend',
    );
    const store = new EndpointStore(knex);
    const rollouts = new RolloutStore(knex);
    const hanging = new HangingEngine({ id: 'hanging' });
    const gateway = new FakeServingEngine({ id: 'gateway' });
    const engines = new Engines({
      engines: [gateway, hanging],
      defaultId: 'gateway',
      // It hangs until the test is over, however long the portal would wait.
      timeLimit: () => givenUp.signal,
      syncOf: engine =>
        new EngineSync({
          store,
          engine,
          discovery: {
            getBaseUrl: async () => 'http://portal.example',
            getExternalBaseUrl: async () => 'http://portal.example',
          },
          access: {
            hosts: [],
            origins: [],
            limits: { caller: {}, endpoint: {} },
            graceSeconds: 1,
          },
          granted: [],
        }),
    });
    gateway.start({ onAlive: () => {} });
    const production = new Map<string, number>();
    /** An endpoint that answers with version 1, and a promotion of version 2. */
    const deployed = async (name: string, engine: string) => {
      const { id } = await store.create({
        namespace: 'default',
        name,
        modelRef: `model:default/${name}`,
        owner: 'group:default/diagnostics',
        engine,
        access: { groups: [], anonymous: false },
        createdBy: 'user:default/ann',
        createdAt: longAgo,
      });
      for (const version of [1, 2]) {
        await store.saveVersion(id, {
          version,
          path: `/${name}/${version}`,
          sha256: 'a'.repeat(64),
          features: [],
          predictions: [],
        });
      }
      await knex('endpoint_variants').insert({
        endpoint_id: id,
        variant: 'champion',
        version: 1,
        weight: 100,
        mode: 'live',
      });
      production.set(name, 2);
      return id;
    };
    /** A rollout that runs already and is due. */
    const running = async (id: string) => {
      const lease: Lease = { id, ticket: 'test' };
      await knex('endpoints').where({ id }).update({ ticket: lease.ticket });
      const begun = await rollouts.begin(lease, {
        desired: { wantedVersion: 2, generation: 2 },
        from: onlyChampion(1),
        to: onlyChampion(2),
        isThrough: false,
        startedBy: undefined,
        reason: 'Promoted',
        message: '',
        at: longAgo,
      });
      expect(begun).toBe(true);
    };
    const look = () => {
      lanes = startLanes({
        auth: mockServices.auth(),
        store,
        rollouts,
        rolloutService: new RolloutService({
          reads: {} as never,
          rollouts,
          engines,
        }),
        registry: {
          getModel: async ({ params }: { params: { name: string } }) => ({
            production: { version: production.get(params.name) },
          }),
          listLedger: async () => ({ items: [] }),
          listModels: async () => ({ items: [] }),
        } as never,
        fetcher: {
          isHere: () => true,
          prune: async () => {},
        } as unknown as ModelFetcher,
        engines,
        clock: () => new Date(),
        pollMs: 15_000,
        announce: async () => {},
        knex,
        logger: mockServices.logger.mock(),
      });
      lanes.nudge();
    };
    const underWay = async (id: string) => {
      const [newest] = await rollouts.list(id, { limit: 1 });
      return newest?.endedAt === undefined ? newest : undefined;
    };
    return { deployed, hanging, knex, look, rollouts, running, underWay };
  }

  it('brings a promotion through at one engine while another one hangs', async () => {
    const t = await start();
    for (let n = 0; n < 10; n += 1) {
      await t.running(await t.deployed(`stuck-${n}`, 'hanging'));
    }
    const id = await t.deployed('tumour', 'gateway');
    // It is looked at after those that hang.
    await t
      .knex('endpoints')
      .where({ id })
      .update({ next_reconcile_at: '2026-03-05T00:00:00.000Z' });
    t.look();
    await until(async () => {
      const [newest] = await t.rollouts.list(id, { limit: 1 });
      return newest?.state === 'succeeded' && t.hanging.asked > 4;
    });
    const [newest] = await t.rollouts.list(id, { limit: 1 });
    expect(newest.to).toEqual(onlyChampion(2));
    expect(await t.underWay('default/stuck-0')).toBeDefined();
  });

  it('looks at endpoints whose engine is not installed any more', async () => {
    const t = await start();
    const id = await t.deployed('tumour', 'gone');
    t.look();
    const message = async () => (await t.underWay(id))?.message;
    const said = 'This portal runs no engine for it';
    await until(async () => (await message()) === said);
    expect(await message()).toBe(said);
  });
});
