import { InMemoryRuntime } from '@downstage/plugin-ml-jobs-node/testUtils';
import { Runtimes } from './Runtimes';

describe('Runtimes', () => {
  const withTwo = (options: { preferred?: string; usual?: string }) => {
    const runtimes = new Runtimes(options);
    runtimes.add(new InMemoryRuntime({ id: 'kubernetes' }));
    runtimes.add(new InMemoryRuntime({ id: 'local-process' }));
    return runtimes;
  };
  const usual = 'local-process';

  it.each([
    ['the configured one', { preferred: 'kubernetes', usual }, 'kubernetes'],
    ['the usual one, though a module came first', { usual }, 'local-process'],
    ['the first where the usual one is off', { usual: 'slurm' }, 'kubernetes'],
  ])('send jobs that name none to %s', (_, options, expected) => {
    expect(withTwo(options).default()).toBe(expected);
  });

  it('send them to the usual one that another portal has', () => {
    const runtimes = new Runtimes({ usual });
    runtimes.add(new InMemoryRuntime({ id: 'kubernetes' }));
    const elsewhere = {
      ...{ runtime: usual, place: 'a-folder', holder: 'host-b, process 7' },
      ...{ slots: 2, admission: 'portal' as const },
    };
    expect(runtimes.default([elsewhere])).toBe(usual);
    expect(runtimes.default()).toBe('kubernetes');
  });

  it('refuse a configured one that is not there', () => {
    expect(() => withTwo({ preferred: 'slurm' }).default()).toThrow(
      "mlJobs.runtime is 'slurm', which is not installed; installed: kubernetes, local-process",
    );
  });

  it('are waited for no longer than a limit, each question its own', async () => {
    const limits: number[] = [];
    const runtimes = new Runtimes({
      timeLimit: ms => {
        limits.push(ms);
        return AbortSignal.abort();
      },
    });
    const hangs = new InMemoryRuntime({ id: 'hangs' });
    const never = new Promise<never>(() => {});
    hangs.capacity = () => never;
    await expect(runtimes.capacity(hangs)).rejects.toThrow(
      "The job runtime 'hangs' did not answer within 5 seconds",
    );
    await expect(runtimes.ask(hangs, () => never)).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: "The job runtime 'hangs' did not answer within 30 seconds",
    });
    await expect(runtimes.ask(hangs, () => never, 60_000)).rejects.toThrow(
      'within 60 seconds',
    );
    expect(limits).toEqual([5_000, 30_000, 60_000]);
  });

  it('fail with their own words while there is time', async () => {
    const runtimes = new Runtimes();
    const broken = new InMemoryRuntime({ id: 'broken' });
    const why = new Error('no such cluster');
    const failing = runtimes.ask(broken, async () => {
      throw why;
    });
    await expect(failing).rejects.toBe(why);
  });
});
