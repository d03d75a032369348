import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { claimDue } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { ServingEngine } from '@downstage/plugin-ml-serving-node';
import type { GatewayStatus } from '@downstage/plugin-ml-serving-common';
import { judgeEndpoint, mergeConditions } from '../domain/endpointState';
import { onlyChampion } from '../domain/variants';
import type { EngineSync } from '../services/EngineSync';
import { Engines } from '../services/Engines';
import type { ModelFetcher } from '../services/ModelFetcher';
import { EndpointStore } from '../stores/EndpointStore';
import { skimEndpoints } from './skimEndpoints';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const noon = new Date('2026-11-21T12:00:00.000Z');

describe.each(databases.eachSupportedId())('skimEndpoints on %p', id => {
  /** Endpoints that answer with version 2, as their rows, the registry and the gateway say alike. */
  async function start(names: string[], options: { gateway?: boolean } = {}) {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-serving-backend',
        'migrations',
      ),
    });
    const store = new EndpointStore(knex);
    const production = new Map<string, number | undefined>(
      names.map(name => [`model:default/${name}`, 2]),
    );
    const hosted = new Map<string, GatewayStatus['endpoints'][number]>(
      names.map(name => [
        name,
        {
          endpoint: name,
          wanted: 2,
          active: 2,
          versions: [{ version: 2, state: 'ready', predictions: [] }],
        },
      ]),
    );
    const { gateway: hasGateway = true } = options;
    for (const name of names) {
      const { id: endpoint } = await store.create({
        namespace: 'default',
        name,
        modelRef: `model:default/${name}`,
        owner: 'group:default/diagnostics',
        engine: 'gateway',
        access: { groups: [], anonymous: false },
        createdBy: 'user:default/ann',
        createdAt: noon.toISOString(),
      });
      await store.saveVersion(endpoint, {
        version: 2,
        path: `/models/${name}`,
        sha256: '0'.repeat(64),
        features: [],
        predictions: [],
      });
      await knex('endpoint_variants').insert({
        endpoint_id: endpoint,
        variant: 'champion',
        version: 2,
        weight: 100,
        mode: 'live',
      });
      const judged = judgeEndpoint({
        generation: 1,
        looked: true,
        wantedVersion: 2,
        variants: onlyChampion(2),
        problem: undefined,
        gateway: hasGateway ? hosted.get(name) : 'none',
      });
      await knex('endpoints')
        .where({ id: endpoint })
        .update({
          wanted_version: 2,
          observed_generation: 1,
          state: judged.state,
          conditions: JSON.stringify(
            mergeConditions([], judged.conditions, noon.toISOString()),
          ),
        });
    }
    const listModels = jest.fn(
      async ({ query }: { query: { models: string } }) => ({
        items: query.models
          .split(',')
          .filter(ref => production.has(ref))
          .map(ref => {
            const version = production.get(ref);
            return {
              ref,
              ...(version !== undefined && { production: { version } }),
            };
          }),
      }),
    );
    const status = jest.fn(async (asked: string[]) => ({
      pid: 1,
      startedAt: '',
      endpoints: asked.flatMap(name => hosted.get(name) ?? []),
    }));
    const lost = new Set<string>();
    const skim = async () => {
      const leases = await claimDue(knex, {
        table: 'endpoints',
        limit: 1000,
        leaseMs: 60_000,
        now: noon,
      });
      const left = await skimEndpoints(leases, {
        knex,
        auth: mockServices.auth(),
        store,
        registry: { listModels } as unknown as MlRegistryService,
        fetcher: {
          isHere: ({ path }: { path: string }) => !lost.has(path),
        } as unknown as ModelFetcher,
        engines: new Engines({
          engines: [
            {
              id: 'gateway',
              enabled: hasGateway,
              observe: async (asked: string[]) =>
                (
                  await status(asked)
                ).endpoints,
            } as unknown as ServingEngine,
          ],
          defaultId: 'gateway',
          syncOf: () => ({} as EngineSync),
        }),
        clock: () => noon,
        pollMs: 15_000,
        announce: async () => {},
      });
      return left.map(lease => lease.id.replace('default/', '')).sort();
    };
    return { knex, production, hosted, lost, listModels, status, skim };
  }

  it('leaves what is as it should be, with a question for twenty models and one for the gateway (R2)', async () => {
    const names = Array.from({ length: 45 }, (_, n) => `model-${n}`);
    const t = await start(names);
    expect(await t.skim()).toEqual([]);
    expect(t.listModels).toHaveBeenCalledTimes(3);
    expect(t.status).toHaveBeenCalledTimes(1);
    const rows = await t
      .knex('endpoints')
      .distinct('next_reconcile_at')
      .pluck('next_reconcile_at');
    expect(rows).toEqual(['2026-11-21T12:00:15.000Z']);
  });

  it('answers those that need a step of their own', async () => {
    const t = await start([
      'as-it-was',
      'promoted',
      'withdrawn',
      'unlisted',
      'crashed',
      'not-told',
      'learned',
      'lost',
    ]);
    t.production.set('model:default/promoted', 3);
    t.production.set('model:default/withdrawn', undefined);
    t.production.delete('model:default/unlisted');
    t.hosted.set('crashed', {
      endpoint: 'crashed',
      wanted: 2,
      versions: [{ version: 2, state: 'failed', predictions: [] }],
    });
    t.hosted.delete('not-told');
    t.hosted.set('learned', {
      endpoint: 'learned',
      wanted: 2,
      active: 2,
      versions: [
        {
          version: 2,
          state: 'ready',
          predictions: [{ name: 'label', type: 'long' }],
        },
      ],
    });
    t.lost.add('/models/lost');
    expect(await t.skim()).toEqual([
      'crashed',
      'learned',
      'lost',
      'not-told',
      'promoted',
      'unlisted',
      'withdrawn',
    ]);
  });

  it('asks no gateway where there is none', async () => {
    const t = await start(['a', 'b'], { gateway: false });
    expect(await t.skim()).toEqual([]);
    expect(t.status).not.toHaveBeenCalled();
  });
});
