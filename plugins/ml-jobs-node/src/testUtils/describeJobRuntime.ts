// A suite that is exported, and whose optional parts are asked for at run time.
/* eslint-disable jest/no-export, jest/no-conditional-expect, jest/expect-expect */
import type {
  JobHandle,
  JobObservation,
  JobRuntime,
  JobSpec,
} from '../runtime';
import { hasLogs } from '../runtime';

/** What an implementation brings to the suite. */
export type JobRuntimeFixture = {
  runtime: JobRuntime;
  /** A spec whose process runs the given POSIX shell command. */
  specOf(command: string, overrides?: Partial<JobSpec>): Promise<JobSpec>;
  /** The same place seen by a portal that has just been started and remembers nothing. */
  restarted(): Promise<JobRuntime>;
  close(): Promise<void>;
};

/**
 * The contract every `JobRuntime` keeps. A new runtime is done when this is green.
 *
 * @example
 * ```ts
 * describeJobRuntime('local-process', async () => createFixture());
 * ```
 */
export function describeJobRuntime(
  name: string,
  create: () => Promise<JobRuntimeFixture>,
  options: { timeoutMs?: number } = {},
) {
  const timeoutMs = options.timeoutMs ?? 60_000;

  describe(`JobRuntime contract: ${name}`, () => {
    let fixture: JobRuntimeFixture;
    beforeEach(async () => {
      fixture = await create();
    }, timeoutMs);
    afterEach(async () => {
      await fixture.close();
    }, timeoutMs);

    const submit = (spec: JobSpec, runtime = fixture.runtime) =>
      runtime.submit(spec, {
        idempotencyKey: `${spec.jobId}/${spec.attempt}`,
        signal: new AbortController().signal,
      });
    const until = (
      handle: JobHandle,
      state: JobObservation['state'],
      runtime = fixture.runtime,
    ) => observe(runtime, handle, state, timeoutMs);

    it('declares the version of the interface and a slot', async () => {
      expect(fixture.runtime.specVersion).toBe('v1');
      expect((await fixture.runtime.capacity()).slots).toBeGreaterThan(0);
    });

    it('knows nothing of an attempt that was never submitted', async () => {
      const handle = fixture.runtime.handleOf({ jobId: 'never', attempt: 1 });
      expect(await fixture.runtime.inspect(handle)).toMatchObject({
        state: 'absent',
      });
    });

    it(
      'runs a command to its end',
      async () => {
        const { handle } = await submit(await fixture.specOf('echo hello'));
        const seen = await until(handle, 'succeeded');
        expect(seen).toMatchObject({ state: 'succeeded', exitCode: 0 });
        expect(seen.startedAt).toBeDefined();
        expect(seen.endedAt).toBeDefined();
      },
      timeoutMs,
    );

    it(
      'submits once for one idempotency key',
      async () => {
        const spec = await fixture.specOf('echo started');
        const [first, second] = await Promise.all([submit(spec), submit(spec)]);
        expect(second.handle).toEqual(first.handle);
        await until(first.handle, 'succeeded');
        expect((await submit(spec)).handle).toEqual(first.handle);
        const seen = await fixture.runtime.inspect(first.handle);
        expect(seen.state).toBe('succeeded');
        if (hasLogs(fixture.runtime)) {
          const log = await fixture.runtime.readLog(first.handle, {
            offset: 0,
            limit: 100_000,
          });
          expect(log.text.match(/^started$/gm)).toHaveLength(1);
        }
      },
      timeoutMs,
    );

    it(
      'says that a command failed, and with which code',
      async () => {
        const { handle } = await submit(await fixture.specOf('exit 3'));
        const seen = await until(handle, 'failed');
        expect(seen.exitCode).toBe(3);
        expect(seen.message).toContain('3');
      },
      timeoutMs,
    );

    it(
      'hands over the variables of the job',
      async () => {
        const spec = await fixture.specOf(
          'test "$DOWNSTAGE_PARAM_DEPTH" = "a b\'c"',
          {
            variables: { DOWNSTAGE_PARAM_DEPTH: "a b'c" },
          },
        );
        await until((await submit(spec)).handle, 'succeeded');
      },
      timeoutMs,
    );

    it(
      'keeps the secrets of the portal from the process',
      async () => {
        process.env.PORTAL_SECRET_FOR_TEST = 'leaked';
        try {
          const spec = await fixture.specOf(
            'test -z "$PORTAL_SECRET_FOR_TEST"',
          );
          await until((await submit(spec)).handle, 'succeeded');
        } finally {
          delete process.env.PORTAL_SECRET_FOR_TEST;
        }
      },
      timeoutMs,
    );

    it(
      'ends a running attempt on cancel, and does nothing the second time',
      async () => {
        const { handle } = await submit(await fixture.specOf('sleep 600'));
        await until(handle, 'running');
        await fixture.runtime.cancel(handle, { reason: 'Cancelled' });
        await fixture.runtime.cancel(handle, { reason: 'TimedOut' });
        expect(await fixture.runtime.inspect(handle)).toMatchObject({
          state: 'cancelled',
          reason: 'Cancelled',
        });
      },
      timeoutMs,
    );

    it(
      'finds a running attempt again after a restart of the portal',
      async () => {
        const spec = await fixture.specOf('sleep 600');
        const { handle } = await submit(spec);
        await until(handle, 'running');
        const restarted = await fixture.restarted();
        const again = JSON.parse(JSON.stringify(handle)) as JobHandle;
        expect(await restarted.inspect(again)).toMatchObject({
          state: 'running',
        });
        expect((await submit(spec, restarted)).handle).toEqual(handle);
        await restarted.cancel(again, { reason: 'Cancelled' });
        expect(await restarted.inspect(again)).toMatchObject({
          state: 'cancelled',
        });
      },
      timeoutMs,
    );

    it(
      'tells a restarted portal how an attempt ended',
      async () => {
        const { handle } = await submit(await fixture.specOf('exit 4'));
        await until(handle, 'failed');
        const restarted = await fixture.restarted();
        expect(await restarted.inspect(handle)).toMatchObject({
          state: 'failed',
          exitCode: 4,
        });
      },
      timeoutMs,
    );

    it(
      'keeps what the process wrote, both streams, readable from any offset',
      async () => {
        const { runtime } = fixture;
        if (!hasLogs(runtime)) return;
        const { handle } = await submit(
          await fixture.specOf('echo "grüße out"; echo "to err" >&2'),
        );
        await until(handle, 'succeeded');
        const whole = await runtime.readLog(handle, {
          offset: 0,
          limit: 100_000,
        });
        expect(whole.text).toContain('grüße out');
        expect(whole.text).toContain('to err');
        expect(whole.nextOffset).toBe(whole.size);
        let pieces = '';
        for (let offset = 0; offset < whole.size; ) {
          const piece = await runtime.readLog(handle, { offset, limit: 7 });
          expect(piece.nextOffset).toBeGreaterThan(offset);
          pieces += piece.text;
          offset = piece.nextOffset;
        }
        expect(pieces).toBe(whole.text);
        const tail = await runtime.readLog(handle, { offset: -7, limit: 100 });
        expect(whole.text.endsWith(tail.text)).toBe(true);
      },
      timeoutMs,
    );
  });
}

/** Looks until the attempt is in the state; fails at once when it has ended in another. */
async function observe(
  runtime: JobRuntime,
  handle: JobHandle,
  state: JobObservation['state'],
  timeoutMs: number,
): Promise<JobObservation> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await runtime.inspect(handle);
    if (seen.state === state) return seen;
    if (['succeeded', 'failed', 'cancelled', 'lost'].includes(seen.state)) {
      throw new Error(
        `Expected the attempt to be ${state}, but it ${seen.state}: ${seen.reason} ${seen.message}`,
      );
    }
    if (Date.now() > deadline)
      throw new Error(`Still ${seen.state}, expected ${state}`);
    await new Promise(resolve => {
      setTimeout(resolve, 20);
    });
  }
}
