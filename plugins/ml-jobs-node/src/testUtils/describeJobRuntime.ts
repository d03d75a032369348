// A suite that is exported, and whose optional parts are asked for at run time.
/* eslint-disable jest/no-export, jest/no-conditional-expect, jest/expect-expect */
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inputVariables } from '../inputVariables';
import type {
  JobHandle,
  JobObservation,
  JobRuntime,
  JobSpec,
  ResolvedInput,
  WorkerName,
} from '../runtime';
import { hasFeatures, hasLogs, hasPassingLogs, hasWorkers } from '../runtime';

/** What an implementation brings to the suite. */
export type JobRuntimeFixture = {
  runtime: JobRuntime;
  /** A spec whose process runs the given POSIX shell command. */
  specOf(command: string, overrides?: Partial<JobSpec>): Promise<JobSpec>;
  /** The same place seen by a portal that has just been started and remembers nothing. */
  restarted(): Promise<JobRuntime>;
  close(): Promise<void>;
  /** By which name jobs reach servers of the machine that runs the tests; `127.0.0.1` unless given. */
  hostOfTests?: string;
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

    it('declares the version of the interface, a slot and what it needs', async () => {
      expect(['paths', 'addresses']).toContain(fixture.runtime.reads);
      expect(['internal', 'external']).toContain(fixture.runtime.trackingUrl);
      expect(['portal', 'runtime']).toContain(fixture.runtime.admission);
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
      'finds an attempt by the handle that is known beforehand, as by the one of its submission',
      async () => {
        const spec = await fixture.specOf('exit 5');
        const { handle } = await submit(spec);
        await until(handle, 'failed');
        const before = fixture.runtime.handleOf(spec);
        expect(await fixture.runtime.inspect(before)).toEqual(
          await fixture.runtime.inspect(handle),
        );
      },
      timeoutMs,
    );

    it(
      'lets wait what it does not admit, says why, and starts it when there is room',
      async () => {
        const { runtime } = fixture;
        if (runtime.admission === 'portal') return;
        const { slots } = await runtime.capacity();
        const running: JobHandle[] = [];
        for (let index = 0; index < slots; index++) {
          const { handle } = await submit(await fixture.specOf('sleep 600'));
          await until(handle, 'running');
          running.push(handle);
        }
        const { handle } = await submit(await fixture.specOf('echo at last'));
        const dropped = await submit(await fixture.specOf('echo never'));
        const seen = await until(handle, 'waiting');
        expect(seen.reason).toMatch(/^[A-Z][A-Za-z]+$/);
        expect(seen.message).toMatch(/\w/);
        expect(seen.startedAt).toBeUndefined();
        await runtime.cancel(dropped.handle, { reason: 'Cancelled' });
        await until(dropped.handle, 'cancelled');
        await runtime.cancel(running[0], { reason: 'Cancelled' });
        await until(handle, 'succeeded');
        expect((await runtime.inspect(dropped.handle)).state).toBe('cancelled');
      },
      timeoutMs,
    );

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
        const text = await textOfLog(fixture.runtime, first.handle);
        if (text !== undefined)
          expect(text.match(/^started$/gm)).toHaveLength(1);
      },
      timeoutMs,
    );

    it(
      'gives the command its inputs, from where it says that it reads them',
      async () => {
        const place = await placeInput(fixture, 'radius,label\n17.9,M\n');
        try {
          const spec = await fixture.specOf(
            'cat "$DOWNSTAGE_INPUT_TRAINING"; test -n "$DOWNSTAGE_INPUTS"',
            {
              token: place.token,
              inputs: { training: place.input },
              variables: inputVariables({ training: place.input }),
            },
          );
          const { handle } = await submit(spec);
          await until(handle, 'succeeded');
          const text = await textOfLog(fixture.runtime, handle);
          if (text !== undefined) expect(text).toContain('17.9,M');
        } finally {
          await place.close();
        }
      },
      timeoutMs,
    );

    it(
      'starts nothing on an input that has another hash, or that its token does not open',
      async () => {
        if (fixture.runtime.reads === 'paths') return;
        const place = await placeInput(fixture, 'a\n');
        const [file] = place.input.files;
        try {
          for (const wrong of [
            { token: 'dsjob_of-another-job', input: place.input },
            {
              token: place.token,
              input: {
                ...place.input,
                files: [{ ...file, sha256: 'b'.repeat(64) }],
              },
            },
          ]) {
            const spec = await fixture.specOf('echo it started', {
              token: wrong.token,
              inputs: { training: wrong.input },
            });
            const { handle } = await submit(spec);
            const seen = await until(handle, 'failed');
            expect(seen.startedAt).toBeUndefined();
            expect(seen.message).not.toContain(wrong.token);
          }
        } finally {
          await place.close();
        }
      },
      timeoutMs,
    );

    it(
      'tells of each worker of an attempt on several nodes, with its log and its code',
      async () => {
        const { runtime } = fixture;
        if (!hasWorkers(runtime)) return;
        const spec = await fixture.specOf(
          'echo "rank $RANK"; test "$RANK" = 0',
        );
        spec.definition = { ...spec.definition, resources: { nodes: 2 } };
        const { handle } = await submit(spec);
        const { workers = [] } = await until(handle, 'failed');
        expect(workers.map(({ rank }) => rank).sort()).toEqual([0, 1]);
        const failed = workers.find(({ rank }) => rank === 1)!;
        expect(failed).toMatchObject({ state: 'failed', exitCode: 1 });
        const text = await textOfLog(runtime, handle, failed);
        if (text === undefined) return;
        expect(text).toContain('rank 1');
        expect(text).not.toContain('rank 0');
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
      'gives an attempt the checkpoints of the one before, and keeps as many as the job asks for',
      async () => {
        const { runtime } = fixture;
        if (!hasFeatures(runtime) || !runtime.features.includes('checkpoints'))
          return;
        const attempt = async (number: number, command: string) => {
          const spec = await fixture.specOf(command, {
            ...{ jobId: 'with-checkpoints', attempt: number },
          });
          spec.definition = {
            ...spec.definition,
            checkpoint: { keep: 2 },
          };
          const { handle } = await submit(spec);
          await until(handle, 'succeeded');
        };
        await attempt(
          1,
          'cd "$DOWNSTAGE_CHECKPOINT_DIR" && mkdir epoch-1 && echo 41 > epoch-1/loss && touch -d "2 hours ago" epoch-1',
        );
        await attempt(
          2,
          'cd "$DOWNSTAGE_CHECKPOINT_DIR" && test "$(cat epoch-1/loss)" = 41 && echo 42 > epoch-2 && echo 43 > epoch-3',
        );
        await attempt(
          3,
          'cd "$DOWNSTAGE_CHECKPOINT_DIR" && test ! -e epoch-1 && test "$(cat epoch-2 epoch-3)" = "$(printf "42\\n43")" && echo 44 >> epoch-3',
        );
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

    it(
      'gives the bytes that the process wrote from any offset, and none past the end',
      async () => {
        const { runtime } = fixture;
        if (!hasPassingLogs(runtime)) return;
        const { signal } = new AbortController();
        const { handle } = await submit(await fixture.specOf('echo "grüße"'));
        await until(handle, 'succeeded');
        const fetched = async (offset: number, limit: number) =>
          Buffer.from(
            await runtime.fetchLog(handle, { offset, limit, signal }),
          );
        const whole = await fetched(0, 100_000);
        expect(whole.toString('utf8')).toContain('grüße');
        const pieces: Buffer[] = [];
        for (let offset = 0; offset < whole.length; offset += 3)
          pieces.push(await fetched(offset, 3));
        expect(Buffer.concat(pieces)).toEqual(whole);
        expect(await fetched(whole.length, 10)).toHaveLength(0);
        const unknown = runtime.handleOf({ jobId: 'unknown', attempt: 1 });
        const none = await runtime.fetchLog(unknown, {
          ...{ offset: 0, limit: 10, signal },
        });
        expect(none).toHaveLength(0);
      },
      timeoutMs,
    );
  });
}

/** What an attempt wrote, of a runtime that keeps logs or lets them be fetched. */
async function textOfLog(
  runtime: JobRuntime,
  handle: JobHandle,
  worker?: WorkerName,
): Promise<string | undefined> {
  const whole = { offset: 0, limit: 100_000, worker };
  if (hasLogs(runtime)) return (await runtime.readLog(handle, whole)).text;
  if (!hasPassingLogs(runtime)) return undefined;
  const { signal } = new AbortController();
  const bytes = await runtime.fetchLog(handle, { ...whole, signal });
  return Buffer.from(bytes).toString('utf8');
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

/** An input of one file where the runtime reads it: on this machine, or at an address that wants the token of the job. */
async function placeInput(
  { runtime, hostOfTests = '127.0.0.1' }: JobRuntimeFixture,
  content: string,
): Promise<{
  input: ResolvedInput;
  token: string;
  close: () => Promise<void>;
}> {
  const token = 'dsjob_of-the-job-that-reads-the-input';
  const sha256 = createHash('sha256').update(content).digest('hex');
  const common = { ref: 'default/masses@3', sha256, format: 'csv' };
  const file = { name: 'masses.csv', size: Buffer.byteLength(content), sha256 };
  if (runtime.reads === 'paths') {
    const folder = await mkdtemp(join(tmpdir(), 'input-'));
    // A job may run as another user.
    await chmod(folder, 0o755);
    const path = join(folder, file.name);
    await writeFile(path, content);
    return {
      input: { ...common, files: [{ ...file, url: '' }], path },
      token,
      close: () => rm(folder, { recursive: true }),
    };
  }
  const server = createServer((request, response) => {
    const isOurs = request.headers.authorization === `Bearer ${token}`;
    response.writeHead(isOurs ? 200 : 401).end(isOurs ? content : '');
  });
  await new Promise<void>(resolve => {
    server.listen(0, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${hostOfTests}:${port}/inputs/training?file=masses.csv`;
  return {
    input: { ...common, files: [{ ...file, url }] },
    token,
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
