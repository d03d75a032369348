import type { ServingEngine } from '@downstage/plugin-ml-serving-node';
import type { EndpointRecord } from '../stores/EndpointStore';
import { Engines } from './Engines';
import type { EngineSync } from './EngineSync';

describe('Engines', () => {
  it('lets new endpoints name the engines that the configuration offers, and goes on with the others', () => {
    const enginesOf = (offered?: string[]) =>
      new Engines({
        engines: ['gateway', 'kserve', 'remote'].map(
          id => ({ id, enabled: true } as unknown as ServingEngine),
        ),
        defaultId: 'gateway',
        offered,
        syncOf: () => ({} as EngineSync),
      });
    expect(enginesOf().choose('remote')).toBe('remote');
    const engines = enginesOf(['kserve']);
    expect(engines.choose(undefined)).toBe('gateway');
    expect(engines.choose('gateway')).toBe('gateway');
    expect(engines.choose('kserve')).toBe('kserve');
    expect(() => engines.choose('remote')).toThrow(
      "New endpoints may not use the serving engine 'remote'; mlServing.engines and mlServing.engine allow gateway, kserve",
    );
    expect(engines.of({ engine: 'remote' }).enabled).toBe(true);
    expect(() => enginesOf(['knative'])).toThrow(
      /No module installs the serving engine 'knative'/,
    );
  });

  it('lets an engine that does not answer hold up nobody else', async () => {
    const limits: AbortController[] = [];
    const asked: string[] = [];
    const engineOf = (id: string, observe: ServingEngine['observe']) =>
      ({
        id,
        enabled: true,
        observe: (names: string[]) => {
          asked.push(id);
          return observe(names);
        },
      } as unknown as ServingEngine);
    const engines = new Engines({
      engines: [
        engineOf('gateway', async ([endpoint]) => [
          { endpoint, wanted: 1, active: 1, versions: [] },
        ]),
        engineOf('hangs', () => new Promise(() => {})),
      ],
      defaultId: 'gateway',
      syncOf: () => ({} as EngineSync),
      timeLimit: () => {
        const limit = new AbortController();
        limits.push(limit);
        return limit.signal;
      },
    });
    const endpoint = (name: string, engine: string) =>
      ({
        id: `default/${name}`,
        namespace: 'default',
        name,
        engine,
      } as EndpointRecord);
    const observed = engines.observe([
      endpoint('churn', 'gateway'),
      endpoint('tumour', 'hangs'),
    ]);
    expect(asked).toEqual(['gateway', 'hangs']);
    limits[1].abort();
    expect(await observed).toEqual(
      new Map([
        [
          'default/churn',
          { endpoint: 'churn', wanted: 1, active: 1, versions: [] },
        ],
        ['default/tumour', undefined],
      ]),
    );
  });

  it('lets a caller go on when an engine does not answer', async () => {
    const limit = new AbortController();
    const push = jest.fn(() => new Promise<never>(() => {}));
    const engines = new Engines({
      engines: [{ id: 'hangs', enabled: true } as ServingEngine],
      defaultId: 'hangs',
      syncOf: () => ({ push } as unknown as EngineSync),
      timeLimit: () => limit.signal,
    });
    const churn = { namespace: 'credit', name: 'churn' };
    const told = engines.push({ engine: 'hangs', ...churn });
    limit.abort(new Error('It took too long'));
    await expect(told).rejects.toThrow('It took too long');
    expect(push).toHaveBeenCalledTimes(1);
    expect(await engines.push({ engine: 'none', ...churn })).toEqual([]);
  });

  it('answers what an engine says of the endpoint that it was told for', async () => {
    const said = (endpoint: string) => ({
      ...{ endpoint, type: 'Scheduled', status: 'false' as const },
      ...{ reason: 'NoGpu', message: 'No machine has a GPU left' },
    });
    const engines = new Engines({
      engines: [{ id: 'kserve', enabled: true } as ServingEngine],
      defaultId: 'kserve',
      syncOf: () =>
        ({
          push: async () => [said('churn'), said('__credit__churn')],
        } as unknown as EngineSync),
    });
    const churn = { engine: 'kserve', namespace: 'credit', name: 'churn' };
    expect(await engines.push(churn)).toEqual([said('__credit__churn')]);
  });
});
