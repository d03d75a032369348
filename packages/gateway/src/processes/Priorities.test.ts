import { existsSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { startGateway, type Gateway } from '../startGateway';
import {
  aGatewayFolder,
  aLoop,
  anEndpoint,
  aVersion,
  clientOf,
  endless,
  withoutFeatures,
  type GatewayFolder,
} from '../testUtils/gatewayFixture';
import {
  modelProcessesOf,
  untilNoModelRuns,
} from '../testUtils/modelProcesses';
import { Priorities } from './Priorities';

jest.setTimeout(60_000);

describe('models that share the processors', () => {
  /** A machine whose clock and processes do what the test says. */
  const aMachine = (options: { niceness?: number; light?: number } = {}) => {
    let now = 0;
    const usage = new Map<number, { ran: number; waited: number }>();
    const busy = new Set<number>();
    const loading = new Set<number>();
    const set: [number, number][] = [];
    let refusals = 0;
    const priorities = new Priorities({
      niceness: options.niceness ?? 10,
      light: options.light,
      now: () => now,
      system: {
        usageOf: pid => usage.get(pid) && { ...usage.get(pid)! },
        setNiceness: (pid, niceness) => {
          if (refusals-- > 0) return false;
          set.push([pid, niceness]);
          return true;
        },
      },
    });
    return {
      set,
      load(pid: number) {
        usage.set(pid, { ran: 0, waited: 0 });
        loading.add(pid);
        return priorities.watch(pid, () => {
          if (loading.has(pid)) return 'loads';
          return busy.has(pid) ? 'answers' : 'rests';
        });
      },
      loaded(pid: number) {
        loading.delete(pid);
        priorities.look();
      },
      /** Loads it; what was set until then is forgotten. */
      start(pid: number) {
        const ended = this.load(pid);
        this.loaded(pid);
        set.length = 0;
        return ended;
      },
      refuse(times: number) {
        refusals = times;
      },
      /** So many looks, a tenth of a second apart; in each of them a process ran and waited for these milliseconds. */
      pass(
        looks: number,
        did: Record<number, { ran: number; waited?: number }> = {},
      ) {
        for (let look = 0; look < looks; look++) {
          now += 100;
          busy.clear();
          for (const [pid, { ran, waited = 0 }] of Object.entries(did)) {
            const sum = usage.get(Number(pid))!;
            sum.ran += ran;
            sum.waited += waited;
            busy.add(Number(pid));
          }
          priorities.look();
        }
      },
    };
  };

  it('give way once they use more than a fifth of a processor', () => {
    const machine = aMachine();
    [1, 2, 3].forEach(pid => machine.start(pid));
    machine.pass(1, { 1: { ran: 19 }, 2: { ran: 21 }, 3: { ran: 100 } });
    expect(machine.set).toEqual([
      [2, 10],
      [3, 10],
    ]);
    machine.pass(5, { 2: { ran: 100 }, 3: { ran: 100 } });
    expect(machine.set).toHaveLength(2);
  });

  it('do not give way because others keep them waiting', () => {
    const machine = aMachine();
    machine.start(1);
    machine.pass(20, { 1: { ran: 5, waited: 90 } });
    expect(machine.set).toEqual([]);
  });

  it('do not give way for what they did long ago', () => {
    const machine = aMachine();
    machine.start(1);
    machine.pass(1, { 1: { ran: 10 } });
    // Busy, but between two looks: nobody saw it.
    machine.pass(40);
    machine.pass(1, { 1: { ran: 90 } });
    expect(machine.set).toEqual([]);
    machine.pass(1, { 1: { ran: 90 } });
    expect(machine.set).toEqual([[1, 10]]);
  });

  it('give way from their start until they are loaded', () => {
    const machine = aMachine();
    machine.load(1);
    machine.pass(5, { 1: { ran: 100 } });
    expect(machine.set).toEqual([[1, 10]]);
    machine.loaded(1);
    expect(machine.set).toEqual([
      [1, 10],
      [1, 0],
    ]);
  });

  it('are spared while they load, too', () => {
    const machine = aMachine();
    machine.load(1);
    machine.pass(6, { 1: { ran: 3, waited: 97 } });
    machine.pass(20, { 1: { ran: 100 } });
    expect(machine.set).toEqual([
      [1, 10],
      [1, 0],
    ]);
  });

  it('are as before though others keep them waiting, once they use little', () => {
    const machine = aMachine();
    machine.start(1);
    machine.pass(1, { 1: { ran: 100 } });
    machine.pass(11, { 1: { ran: 5, waited: 40 } });
    expect(machine.set).toEqual([
      [1, 10],
      [1, 0],
    ]);
  });

  it('run before other programs while they use little, and beside them while they are spared', () => {
    const machine = aMachine({ light: -10 });
    machine.load(1);
    machine.loaded(1);
    machine.pass(1, { 1: { ran: 100 } });
    machine.pass(6, { 1: { ran: 3, waited: 97 } });
    machine.pass(20, { 1: { ran: 100 } });
    machine.pass(11, { 1: { ran: 1 } });
    expect(machine.set.map(([, niceness]) => niceness)).toEqual([
      // Loading, loaded, heavy, spared, light again.
      ...[10, -10, 10, 0, -10],
    ]);
  });

  it('are as before once they have wanted little for a second', () => {
    const machine = aMachine();
    machine.start(1);
    machine.pass(3, { 1: { ran: 100 } });
    machine.pass(9);
    machine.pass(1, { 1: { ran: 11 } });
    machine.pass(10);
    expect(machine.set).toEqual([[1, 10]]);
    machine.pass(1);
    expect(machine.set).toEqual([
      [1, 10],
      [1, 0],
    ]);
    machine.pass(30);
    expect(machine.set).toHaveLength(2);
  });

  it('keep giving way while they get a quarter of what they want', () => {
    const machine = aMachine();
    machine.start(1);
    machine.pass(1, { 1: { ran: 100 } });
    machine.pass(50, { 1: { ran: 25, waited: 75 } });
    expect(machine.set).toEqual([[1, 10]]);
  });

  it('are spared for half a minute when others leave them less than that', () => {
    const machine = aMachine();
    machine.start(1);
    machine.pass(1, { 1: { ran: 100 } });
    machine.pass(5, { 1: { ran: 24, waited: 76 } });
    // One better look and it begins anew.
    machine.pass(1, { 1: { ran: 50, waited: 50 } });
    machine.pass(5, { 1: { ran: 3, waited: 97 } });
    expect(machine.set).toEqual([[1, 10]]);
    machine.pass(1, { 1: { ran: 3, waited: 97 } });
    expect(machine.set).toEqual([
      [1, 10],
      [1, 0],
    ]);
    machine.pass(299, { 1: { ran: 100 } });
    expect(machine.set).toHaveLength(2);
    machine.pass(1, { 1: { ran: 100 } });
    expect(machine.set).toEqual([
      [1, 10],
      [1, 0],
      [1, 10],
    ]);
  });

  it('are changed at a later look when the system refuses', () => {
    const machine = aMachine();
    machine.start(1);
    machine.refuse(2);
    machine.pass(2, { 1: { ran: 100 } });
    expect(machine.set).toEqual([]);
    machine.pass(1, { 1: { ran: 100 } });
    expect(machine.set).toEqual([[1, 10]]);
  });

  it('are left alone when they have ended, and when nobody shall give way', () => {
    const machine = aMachine();
    const ended = machine.start(1);
    ended();
    machine.pass(3, { 1: { ran: 100 } });
    expect(machine.set).toEqual([]);
    const alike = aMachine({ niceness: 0 });
    alike.start(1);
    alike.pass(3, { 1: { ran: 100 } });
    expect(alike.set).toEqual([]);
  });
});

const onLinux = existsSync('/proc/self/schedstat') ? describe : describe.skip;

onLinux('a model whose run does not end', () => {
  let folder: GatewayFolder;
  let gateway: Gateway;
  afterEach(async () => {
    await gateway.stop();
    await untilNoModelRuns(process.pid);
    folder.remove();
  });

  const start = async (
    config: Parameters<typeof aGatewayFolder>[0],
    priorities?: Priorities,
  ) => {
    folder = aGatewayFolder(config);
    gateway = await startGateway(folder.config, { priorities });
    return clientOf(gateway.url, folder.token);
  };
  /** Undefined of one that has ended. */
  const nicenessOf = (pid: number) => {
    const file = `/proc/${pid}/autogroup`;
    try {
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      return Number(/nice (-?\d+)/.exec(text)?.[1] ?? getPriority(pid));
    } catch {
      return undefined;
    }
  };

  it('gives way while it runs, and one that only waits does not', async () => {
    let now = 0;
    const niceness = new Map<number, number>();
    // Every process computes all the time: so it depends on no other program which of them gives way.
    const client = await start(
      { inferenceTimeoutMs: 3_600_000 },
      new Priorities({
        niceness: 10,
        now: () => (now += 100),
        system: {
          usageOf: () => ({ ran: now, waited: 0 }),
          setNiceness(pid, wanted) {
            niceness.set(pid, wanted);
            return true;
          },
        },
      }),
    );
    const loop = anEndpoint('loop', [withoutFeatures(1, 'loop.onnx')]);
    await client.put({ endpoints: [loop] });
    await client.untilActive(1);
    const [hangs] = modelProcessesOf(process.pid);
    await client.put({ endpoints: [loop, anEndpoint('quick', [aVersion(1)])] });
    await client.until(status => status.endpoints[1]?.active === 1);
    const quick = modelProcessesOf(process.pid).find(pid => pid !== hangs)!;
    await client.until(() => niceness.get(hangs) === 0);
    await client.until(() => niceness.get(quick) === 0);
    const never = client
      .post('/v2/models/loop/infer', aLoop(endless))
      .catch(() => {});
    await client.until(() => niceness.get(hangs) === 10);
    expect(niceness.get(quick)).toBe(0);
    process.kill(hangs, 'SIGKILL');
    await never;
  });

  it('gives way already while it is being loaded', async () => {
    const client = await start({ loadTimeoutSeconds: 3600 });
    await client.put({
      endpoints: [anEndpoint('hang', [withoutFeatures(1, 'hang.onnx')])],
    });
    const seen = await client.until(() =>
      modelProcessesOf(process.pid).some(pid => nicenessOf(pid) === 10),
    );
    expect(seen.endpoints[0].versions[0].state).toBe('loading');
  });
});
