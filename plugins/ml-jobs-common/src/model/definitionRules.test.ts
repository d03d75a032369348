import { jobDefinitionSchema } from './definition';
import { brokenRules } from './definitionRules';

const minimal = {
  apiVersion: 'downstage.dev/v1',
  kind: 'Job',
  entryPoint: 'python train.py',
};

describe('rules between the keys of a definition', () => {
  it.each([
    [{ spot: true }, 'spot', /needs a checkpoint/],
    [
      { distributed: 'none', resources: { nodes: 2 } },
      'distributed',
      /none is one process, and resources\.nodes is 2/,
    ],
    [
      { distributed: 'none', processesPerNode: 2 },
      'distributed',
      /processesPerNode is 2/,
    ],
    [
      { processesPerNode: 4, resources: { gpus: 2 } },
      'processesPerNode',
      /resources\.gpus is 2; allowed: at most 2/,
    ],
    [
      { resources: { accelerator: 'nvidia-h200' } },
      'resources.accelerator',
      /add gpus: 1/,
    ],
    [
      { environment: { name: 'pytorch', image: 'team/train:1' } },
      'environment',
      /give one of the two/,
    ],
  ])('refuses %j at %s', (keys, path, message) => {
    const { error } = jobDefinitionSchema.safeParse({ ...minimal, ...keys });
    expect(
      error?.issues.map(issue => [issue.path.join('.'), issue.message]),
    ).toEqual([[path, expect.stringMatching(message)]]);
  });

  it.each([
    [{ spot: true, checkpoint: {} }],
    [{ spot: false }],
    [{ distributed: 'none', resources: { nodes: 1, gpus: 8 } }],
    [{ processesPerNode: 2 }],
    [{ processesPerNode: 4, distributed: 'ray', resources: { gpus: 2 } }],
    [{ resources: { gpus: 1, accelerator: 'nvidia-h200' } }],
    [{ environment: { image: 'team/train:1', requirements: 'a.txt' } }],
  ])('takes %j', keys => {
    expect(jobDefinitionSchema.parse({ ...minimal, ...keys })).toMatchObject(
      keys,
    );
  });

  it('adds nothing to a mistake of type', () => {
    expect(brokenRules('x')).toEqual([]);
    expect(
      brokenRules({ spot: true, checkpoint: 'yes', resources: [] }),
    ).toEqual([]);
  });
});
