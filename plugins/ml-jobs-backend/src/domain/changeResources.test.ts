import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import { changeResources } from './changeResources';

const definition: JobDefinition = {
  apiVersion: 'downstage.dev/v1',
  kind: 'Job',
  entryPoint: 'python train.py',
  resources: { cpu: 1, memory: '2Gi' },
};

it('changes what is named, keeps the rest, and says both figures', () => {
  const changed = changeResources(definition, { memory: '4Gi', gpus: 1 });
  expect(changed.definition).toEqual({
    ...definition,
    resources: { cpu: 1, memory: '4Gi', gpus: 1 },
  });
  expect(changed.warnings).toEqual([
    {
      option: 'resources',
      message:
        'memory 4Gi in place of 2Gi, gpus 1 in place of none. When it is run again it keeps this definition, whatever downstage.yaml says then',
    },
  ]);
});

it.each([undefined, {}, { memory: '2Gi' }, { cpu: undefined }])(
  'leaves the definition as it is for %j',
  wanted => {
    const unchanged = changeResources(definition, wanted);
    expect(unchanged.definition).toBe(definition);
    expect(unchanged.warnings).toEqual([]);
  },
);

it('refuses what a definition may not have', () => {
  expect(() =>
    changeResources(definition, { accelerator: 'nvidia-h200' }),
  ).toThrow(/The job cannot have these resources: .*gpus/);
});
