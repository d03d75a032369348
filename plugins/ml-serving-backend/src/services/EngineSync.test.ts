import { EventEmitter, once } from 'node:events';
import { mockServices } from '@backstage/backend-test-utils';
import type { GatewayDesiredState } from '@downstage/plugin-ml-serving-common';
import type { ServingEngine } from '@downstage/plugin-ml-serving-node';
import type { EndpointStore } from '../stores/EndpointStore';
import { onlyChampion } from '../domain/variants';
import { EngineSync } from './EngineSync';

it('reads the desired state once for all who ask while one is under way, and what they wrote is in it (R2)', async () => {
  let served: object[] = [];
  const reads = jest.fn();
  const told: GatewayDesiredState[] = [];
  const finish: (() => void)[] = [];
  const sync = new EngineSync({
    store: {
      served: async () => {
        reads();
        return served;
      },
    } as unknown as EndpointStore,
    engine: {
      id: 'gateway',
      apply: async (state: GatewayDesiredState) => {
        told.push(state);
        await new Promise<void>(done => finish.push(done));
        return [];
      },
    } as unknown as ServingEngine,
    discovery: mockServices.discovery(),
    access: {} as never,
    granted: [],
  });
  const until = async (count: number) => {
    while (finish.length < count) await new Promise(setImmediate);
  };
  const first = sync.push();
  await until(1);
  const others = Array.from({ length: 100 }, () => sync.push());
  served = [
    {
      endpoint: {
        id: 'default/churn',
        namespace: 'default',
        name: 'churn',
        modelRef: 'model:default/churn',
        variants: onlyChampion(1),
        access: {},
      },
      versions: [{ version: 1, path: '/m', sha256: '', features: [] }],
    },
  ];
  finish[0]();
  await until(2);
  finish[1]();
  await Promise.all([first, ...others]);
  expect(reads).toHaveBeenCalledTimes(2);
  expect(told.map(({ endpoints }) => endpoints.length)).toEqual([0, 1]);
});

it('goes on after a time with an engine that never takes a desired state, which it tells to give up', async () => {
  const limits: AbortController[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const asked = new EventEmitter();
  const sync = new EngineSync({
    store: { served: async () => [] } as unknown as EndpointStore,
    engine: {
      id: 'hangs',
      apply: (_state: object, options?: { signal?: AbortSignal }) => {
        signals.push(options?.signal);
        asked.emit('apply');
        if (signals.length > 1) return Promise.resolve([]);
        return new Promise(() => {});
      },
    } as unknown as ServingEngine,
    discovery: mockServices.discovery(),
    access: {} as never,
    granted: [],
    timeLimit: () => {
      const limit = new AbortController();
      limits.push(limit);
      return limit.signal;
    },
  });
  const isAsked = once(asked, 'apply');
  const first = sync.push();
  await isAsked;
  const second = sync.push();
  limits[0].abort(new Error('It took too long'));
  await expect(first).rejects.toThrow('It took too long');
  await expect(second).resolves.toEqual([]);
  expect(signals.map(signal => signal?.aborted)).toEqual([true, false]);
  await expect(sync.push()).resolves.toEqual([]);
});
