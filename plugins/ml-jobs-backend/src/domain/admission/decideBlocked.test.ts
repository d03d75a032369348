import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import { decideBlocked, type KnownRuntime } from './decideBlocked';
import { demandOf } from './demandOf';
import { usualQueue, type QueueOptions } from './queueOptions';

const small: KnownRuntime = {
  ...{ id: 'local', capacity: { slots: 1, cpu: 2 }, features: [] },
};
const large: KnownRuntime = {
  ...{ id: 'local', capacity: { slots: 1, cpu: 8 }, features: ['gpus'] },
};
const cluster: KnownRuntime = { id: 'cluster', features: ['gpus', 'nodes'] };

const decide = (
  asks: Partial<JobDefinition>,
  known: {
    runtimes: KnownRuntime[];
    queue?: Partial<QueueOptions>;
    more?: { runtime?: string; queue?: string; ranBefore?: boolean };
  },
) => {
  const definition: JobDefinition = {
    ...{ apiVersion: 'downstage.dev/v1', kind: 'Job', entryPoint: 'true' },
    ...asks,
  };
  return decideBlocked(
    {
      ...{ queue: 'default', runtime: 'local', definition },
      demand: demandOf(definition.resources),
      ...known.more,
    },
    {
      runtimes: known.runtimes,
      queues: [{ ...usualQueue, ...known.queue }],
    },
  );
};

describe('whether a job can ever start', () => {
  it.each<[string, ReturnType<typeof decide>]>([
    [
      'what one of several places has',
      decide({ resources: { cpu: 8 } }, { runtimes: [small, large] }),
    ],
    [
      'what a runtime has that admits by itself',
      decide(
        { resources: { cpu: 800, gpus: 64 } },
        { runtimes: [small, cluster], more: { runtime: 'cluster' } },
      ),
    ],
    [
      'anything, while nobody has seen its runtime',
      decide({ resources: { gpus: 8 } }, { runtimes: [cluster] }),
    ],
    [
      'what a queue may borrow of another one',
      decide(
        { resources: { cpu: 4 } },
        { runtimes: [large], queue: { quota: { cpu: 4 } } },
      ),
    ],
    [
      'what ran before its runtime became stricter',
      decide(
        { resources: { gpus: 1 } },
        { runtimes: [small], more: { ranBefore: true } },
      ),
    ],
  ])('lets it wait for %s', (_, blocked) => {
    expect(blocked).toBeUndefined();
  });

  it.each<[string, ReturnType<typeof decide>, string, string]>([
    [
      'more cores than any place has',
      decide({ resources: { cpu: 16 } }, { runtimes: [small, large] }),
      'TooLarge',
      "Cannot start: it asks for 16 cores, and the runtime 'local' has 8 at most. Ask for less, or submit it to another runtime.",
    ],
    [
      'more than the place has that has the feature',
      decide(
        { resources: { cpu: 4, gpus: 1 } },
        {
          runtimes: [
            { ...small, capacity: { slots: 1, cpu: 8 } },
            { ...large, capacity: { slots: 1, cpu: 2 } },
          ],
        },
      ),
      'TooLarge',
      "Cannot start: it asks for 4 cores, and the runtime 'local' has 2 at most. Ask for less, or submit it to another runtime.",
    ],
    [
      'GPUs where there are none',
      decide({ resources: { gpus: 2 } }, { runtimes: [small] }),
      'RuntimeUnable',
      "The runtime 'local' cannot run this job: resources.gpus: 2 asked for, and it gives none. Change what it asks for, or submit it to another runtime.",
    ],
    [
      'a kind of accelerator where none is chosen',
      decide(
        { resources: { gpus: 1, accelerator: 'nvidia-h200' } },
        { runtimes: [large] },
      ),
      'RuntimeUnable',
      "The runtime 'local' cannot run this job: resources.accelerator: nvidia-h200 asked for, and it does not choose by kind. Change what it asks for, or submit it to another runtime.",
    ],
    [
      'more memory than its queue may ever hold',
      decide(
        { resources: { memory: '8Gi' } },
        { runtimes: [large], queue: { quota: { memory: 2 ** 32 } } },
      ),
      'TooLarge',
      "Cannot start: it asks for 8 GiB of memory, and its queue 'default' may hold 4 GiB at most. Ask for less, or for a larger quota.",
    ],
    [
      'a queue that is gone',
      decide({}, { runtimes: [large], more: { queue: 'research' } }),
      'QueueMissing',
      "Cannot start: there is no queue 'research' any more. Submit the job to another one.",
    ],
  ])('blocks it for %s', (_, blocked, reason, message) => {
    expect(blocked).toMatchObject({ reason, message });
  });
});
