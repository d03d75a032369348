import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import type { RuntimeFeature } from '@downstage/plugin-ml-jobs-node';
import { decideHonoured } from './decideHonoured';

const ask = (demands: Partial<JobDefinition>, features?: RuntimeFeature[]) =>
  decideHonoured(
    {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'true',
      ...demands,
    },
    { features },
  );

const all: RuntimeFeature[] = [
  ...(['gpus', 'accelerators', 'nodes', 'processes', 'distributed'] as const),
  ...(['images', 'extended-environments', 'spot', 'checkpoints'] as const),
];

const demands: [string, Partial<JobDefinition>][] = [
  ['resources.gpus', { resources: { gpus: 2, accelerator: 'nvidia-h200' } }],
  ['resources.nodes', { resources: { nodes: 2 } }],
  ['processesPerNode', { processesPerNode: 2 }],
  ['environment.image', { environment: { image: 'team/train:1' } }],
  [
    'environment',
    { environment: { name: 'pytorch', requirements: 'requirements.txt' } },
  ],
];
const harmless: [string, Partial<JobDefinition>][] = [
  ['distributed', { distributed: 'ddp' }],
  ['spot', { spot: true }],
  ['checkpoint', { checkpoint: { keep: 2 } }],
  [
    'environment.image',
    { environment: { image: 'team/train:1', requirements: 'a.txt' } },
  ],
];

describe('what a runtime honours', () => {
  it.each(demands)(
    'refuses a job that would run on less for %s',
    (key, demand) => {
      const { refusals, warnings } = ask(demand, []);
      expect(refusals).toEqual([expect.stringContaining(`${key}: `)]);
      expect(warnings).toEqual([]);
    },
  );

  it.each(harmless)(
    'warns of %s, which changes no result',
    (option, demand) => {
      expect(ask(demand, [])).toEqual({
        refusals: [],
        warnings: [{ option, message: expect.any(String) }],
      });
    },
  );

  it('says nothing where a runtime has everything', () => {
    for (const [, demand] of [...demands, ...harmless])
      expect(ask(demand, all)).toEqual({ refusals: [], warnings: [] });
  });

  it('says nothing of a definition of three lines', () => {
    expect(ask({}, [])).toEqual({ refusals: [], warnings: [] });
    expect(
      ask(
        { resources: { cpu: 2, gpus: 0, nodes: 1 }, distributed: 'none' },
        [],
      ),
    ).toEqual({ refusals: [], warnings: [] });
  });

  it('leaves GPUs and nodes to a runtime that does not say what it has', () => {
    expect(ask({ resources: { gpus: 2, nodes: 2 } })).toEqual({
      refusals: [],
      warnings: [],
    });
    expect(
      ask({ resources: { gpus: 1, accelerator: 'nvidia-h200' } }).refusals,
    ).toEqual([
      'resources.accelerator: nvidia-h200 asked for, and it does not choose by kind',
    ]);
  });

  it('takes a framework that the runtime names, and no other', () => {
    const features = ['processes', 'distributed:ddp'] as const;
    const several = (distributed: 'ddp' | 'jax') =>
      ask({ processesPerNode: 2, distributed }, [...features]);
    expect(several('ddp')).toEqual({ refusals: [], warnings: [] });
    expect(several('jax').refusals).toEqual([
      'distributed: its processes do not find each other by jax',
    ]);
  });

  it('refuses several processes that would each train alone', () => {
    const several: Partial<JobDefinition>[] = [
      { resources: { nodes: 2 } },
      { resources: { gpus: 2 } },
      { processesPerNode: 2 },
    ];
    for (const demand of several) {
      expect(
        ask({ ...demand, distributed: 'ddp' }, ['gpus', 'nodes', 'processes'])
          .refusals,
      ).toEqual(['distributed: its processes do not find each other by ddp']);
    }
  });
});
