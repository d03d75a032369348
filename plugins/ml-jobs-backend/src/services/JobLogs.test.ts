import type {
  JobRuntime,
  JobRuntimeWithLogs,
  JobRuntimeWithPassingLogs,
} from '@downstage/plugin-ml-jobs-node';
import { InMemoryLogStore } from '@downstage/plugin-ml-jobs-node/testUtils';
import { JobLogs } from './JobLogs';

const job = {
  ...{ id: 'a', attempt: 1, handle: undefined },
  state: 'running' as const,
};
const whole = { offset: 0, limit: 100_000 };
const common = {
  handleOf: () => ({ name: 'a-1' }),
} as Partial<JobRuntime> as JobRuntime;

describe('JobLogs', () => {
  /** A runtime that has written so much, and gives it in pieces of its own size. */
  const runtimeWith = (text: () => string, most = 100) => {
    const fetchLog = jest.fn<
      ReturnType<JobRuntimeWithPassingLogs['fetchLog']>,
      Parameters<JobRuntimeWithPassingLogs['fetchLog']>
    >(async (_handle, { offset, limit }) =>
      Buffer.from(text()).subarray(offset, offset + Math.min(limit, most)),
    );
    return { ...common, fetchLog };
  };

  it('fetches all that there is once, however many portals fetch', async () => {
    const store = new InMemoryLogStore();
    let text = 'a line\n'.repeat(40);
    const runtime = runtimeWith(() => text);
    const portals = [new JobLogs({ store }), new JobLogs({ store })];
    await Promise.all(portals.map(logs => logs.fetch(job, runtime)));
    text += 'the last line\n';
    await Promise.all(portals.map(logs => logs.fetch(job, runtime)));
    const { text: kept } = await portals[0].read(job, undefined, whole);
    expect(kept).toBe(text);
  });

  it('loses and doubles nothing when a portal dies after any step', async () => {
    const text = 'one two three four';
    const runtime = runtimeWith(() => text, 5);
    for (const before of [true, false]) {
      for (let step = 1; step <= 4; step++) {
        const store = new InMemoryLogStore();
        const append = store.append.bind(store);
        let left = step;
        jest.spyOn(store, 'append').mockImplementation(async (...args) => {
          left -= 1;
          if (left === 0 && before) throw new Error('kill -9');
          const end = await append(...args);
          if (left === 0) throw new Error('kill -9');
          return end;
        });
        const logs = new JobLogs({ store });
        expect(await logs.fetch(job, runtime)).toContain('kill -9');
        expect(await logs.fetch(job, runtime)).toBeUndefined();
        const kept = await logs.read(job, undefined, whole);
        expect({ step, before, text: kept.text }).toEqual({
          ...{ step, before, text },
        });
      }
    }
  });

  it('fetches nothing more of a log that is full', async () => {
    const store = new InMemoryLogStore({ mostBytes: 300 });
    const runtime = runtimeWith(() => 'x'.repeat(10_000));
    const logs = new JobLogs({ store });
    await logs.fetch(job, runtime);
    const asked = runtime.fetchLog.mock.calls.length;
    expect(asked).toBeLessThanOrEqual(4);
    await logs.fetch(job, runtime);
    expect(runtime.fetchLog).toHaveBeenCalledTimes(asked);
  });

  it('leaves the rest of a long log for the next look, and fetches all at the end', async () => {
    const store = new InMemoryLogStore({ mostBytes: 100_000_000 });
    const mebibyte = 1024 * 1024;
    const all = Buffer.alloc(30 * mebibyte, 'x');
    const runtime = runtimeWith(() => '');
    runtime.fetchLog.mockImplementation(async (_, { offset, limit }) =>
      all.subarray(offset, offset + limit),
    );
    const logs = new JobLogs({ store });
    const size = async (worker?: { role: string; rank: number }) => {
      const name = { jobId: 'a', attempt: 1, ...(worker && { worker }) };
      return (await store.end(name)).size / mebibyte;
    };
    expect(await logs.fetch(job, runtime)).toBeUndefined();
    expect(await size()).toBe(16);
    // Each of the logs has its turn, a long one takes none of another.
    const worker = { role: 'worker', rank: 0 };
    await logs.fetch(job, runtime, [worker]);
    expect([await size(), await size(worker)]).toEqual([24, 8]);
    await logs.fetch(job, runtime, [worker], { isEnd: true });
    expect([await size(), await size(worker)]).toEqual([30, 30]);
  });

  it('ends a look at a runtime that does not answer, and says so at the end', async () => {
    const store = new InMemoryLogStore();
    const asked: number[] = [];
    const limit = new AbortController();
    const logs = new JobLogs({
      store,
      timeLimit: ms => {
        asked.push(ms);
        return limit.signal;
      },
    });
    const runtime = runtimeWith(() => 'begin and end', 5);
    runtime.fetchLog.mockImplementation(async (_, { offset, signal }) => {
      expect(signal).toBe(limit.signal);
      if (offset === 0) return Buffer.from('begin');
      limit.abort();
      return new Promise(() => {});
    });
    expect(await logs.fetch(job, runtime, [], { isEnd: true })).toBe(
      'The end of the log could not be fetched from the runtime: it took longer than 15 seconds',
    );
    expect((await logs.read(job, runtime, whole)).text).toBe('begin');
    expect(runtime.fetchLog).toHaveBeenCalledTimes(2);
    expect(asked).toEqual([15_000, 10_000]);
  });

  it('shows a reader what the runtime has by now, and what is kept where it does not answer', async () => {
    const logs = new JobLogs({ store: new InMemoryLogStore() });
    let text = 'first';
    const runtime = runtimeWith(() => text);
    expect((await logs.read(job, runtime, whole)).text).toBe('first');
    text = 'first second';
    expect((await logs.read(job, runtime, whole)).text).toBe('first second');
    runtime.fetchLog.mockRejectedValue(new Error('no answer'));
    expect((await logs.read(job, runtime, whole)).text).toBe('first second');
    const asked = runtime.fetchLog.mock.calls.length;
    await logs.read({ ...job, state: 'succeeded' }, runtime, whole);
    expect(runtime.fetchLog).toHaveBeenCalledTimes(asked);
  });

  it('keeps the log of each worker apart', async () => {
    const logs = new JobLogs({ store: new InMemoryLogStore() });
    const runtime = {
      ...common,
      fetchLog: jest.fn<
        ReturnType<JobRuntimeWithPassingLogs['fetchLog']>,
        Parameters<JobRuntimeWithPassingLogs['fetchLog']>
      >(async (_, { offset, worker }) =>
        Buffer.from(worker ? `rank ${worker.rank}` : 'all').subarray(offset),
      ),
    };
    const workers = [0, 1].map(rank => ({ role: 'worker', rank }));
    await logs.fetch(job, runtime, workers);
    const [, second] = workers;
    const read = { ...whole, worker: second };
    expect((await logs.read(job, undefined, read)).text).toBe('rank 1');
    expect((await logs.read(job, undefined, whole)).text).toBe('all');
  });

  it('leaves logs to a runtime that keeps them', async () => {
    const store = new InMemoryLogStore();
    const logs = new JobLogs({ store });
    const piece = { text: 'its own', offset: 0, nextOffset: 7, size: 7 };
    const runtime = { ...common, readLog: async () => piece };
    await logs.fetch(job, runtime);
    expect(
      await logs.read(job, runtime satisfies JobRuntimeWithLogs, whole),
    ).toEqual(piece);
    expect((await logs.read(job, undefined, whole)).size).toBe(0);
  });
});
