import {
  aChampion,
  aState,
  aVersion,
  anEndpoint,
} from '../testUtils/gatewayFixture';
import { LoadSlots } from './LoadSlots';
import { ModelHost } from './ModelHost';

jest.setTimeout(60_000);

describe('a version that failed', () => {
  it('is tried again in its own time, not because it is asked for again', async () => {
    const retries: { ms: number; work: () => void }[] = [];
    const host = new ModelHost({
      onServing: () => {},
      limits: {
        loadTimeoutMs: 60_000,
        runTimeoutMs: 60_000,
        queueBytes: 1000,
        memoryBytes: 0,
      },
      later: (ms, work) => {
        retries.push({ ms, work });
        return () => {};
      },
    });
    const broken = { ...aVersion(2), sha256: '0'.repeat(64) };
    const desired = aState(2, [broken]);
    const messageWith = async (text: string) => {
      for (;;) {
        const [{ message = '' }] = host.status[0].versions;
        if (message.includes(text)) return;
        await new Promise(setImmediate);
      }
    };
    host.apply(desired);
    await messageWith('tried 1 time,');
    for (let time = 0; time < 5; time++) host.apply(desired);
    expect(retries.map(({ ms }) => ms)).toEqual([2_000]);
    retries[0].work();
    await messageWith('tried 2 times,');
    expect(retries.map(({ ms }) => ms)).toEqual([2_000, 4_000]);
    await host.stop();
  });
});

describe('a version that comes back after a crash', () => {
  it('is not written down anew, because nothing has changed', async () => {
    const onServing = jest.fn();
    const host = new ModelHost({
      onServing,
      limits: {
        loadTimeoutMs: 60_000,
        runTimeoutMs: 60_000,
        queueBytes: 1000,
        memoryBytes: 0,
      },
    });
    const untilActive = async (version: number | undefined) => {
      while (host.status[0].active !== version) {
        await new Promise(setImmediate);
      }
    };
    host.apply(aState(1, [aVersion(1)]));
    await untilActive(1);
    const first = host.find('tumour').version.process?.pid as number;
    process.kill(first, 'SIGKILL');
    await untilActive(undefined);
    await untilActive(1);
    expect(host.find('tumour').version.process?.pid).not.toBe(first);
    expect(onServing.mock.calls).toEqual([[{ tumour: 1 }]]);
    host.apply(aState(2, [aVersion(1), aVersion(2)]));
    await untilActive(2);
    expect(onServing.mock.calls).toEqual([[{ tumour: 1 }], [{ tumour: 2 }]]);
    await host.stop();
  });
});

describe('versions that are to answer', () => {
  it('are loaded before those that are kept, over all endpoints (issue 7)', async () => {
    const host = new ModelHost({
      onServing: () => {},
      limits: {
        loadTimeoutMs: 60_000,
        runTimeoutMs: 60_000,
        queueBytes: 1000,
        memoryBytes: 0,
      },
      // One at a time, however long it takes, so that the order is that of the starts.
      slots: new LoadSlots({ limit: 1, patienceMs: 3_600_000 }),
    });
    const versions = [1, 2, 3].map(number => aVersion(number, 'loop.onnx'));
    // The kept ones first in the desired state, and in the middle.
    const desired = ['a', 'b'].map(name => anEndpoint(name, versions));
    host.apply({
      endpoints: [
        ...desired,
        { ...anEndpoint('c', versions), variants: [aChampion(2)] },
      ],
    });
    const ready: string[] = [];
    while (ready.length < 9) {
      for (const { endpoint, versions: found } of host.status) {
        for (const { version, state } of found) {
          const name = `${endpoint}${version}`;
          if (state === 'ready' && !ready.includes(name)) ready.push(name);
        }
      }
      await new Promise(setImmediate);
    }
    expect(ready).toEqual(
      ['a3', 'b3', 'c2'].concat(['a1', 'a2', 'b1', 'b2', 'c1', 'c3']),
    );
    await host.stop();
  });
});
