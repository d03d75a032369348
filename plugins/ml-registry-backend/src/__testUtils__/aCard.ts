import type { ModelCard } from '@downstage/plugin-ml-registry-common';

export const card: ModelCard = {
  ref: 'default/tumours@3',
  modelRef: 'model:default/tumours',
  name: 'tumours',
  version: 3,
  stage: 'staging',
  owner: 'group:default/diagnostics',
  declared: {
    overview: 'Tells benign from malignant | carefully.',
    intendedUse: 'Second opinion.',
    limitations: 'Adults only.',
    ethicalConsiderations: 'A person decides.',
    users: 'Radiologists',
    licence: 'Apache-2.0',
  },
  saved: { at: '2026-03-01T10:00:00.000Z', by: 'user:default/ann' },
  completeness: { filled: [], missing: [] },
  verified: {
    metrics: [
      { name: 'auc', value: 0.97, dataset: { name: 'masses', digest: 'd1' } },
      { name: 'auc', value: 0.91, slice: 'age=young' },
    ],
    datasets: [
      {
        name: 'masses',
        digest: 'd1',
        context: 'eval',
        ref: 'default/masses@2',
      },
    ],
    files: {
      digest: 'sha256:00',
      items: [
        { path: 'MLmodel', size: 3, sha256: 'a'.repeat(64) },
        { path: 'data/weights.bin', size: 7 },
      ],
    },
    environment: {
      python: '3.12.4',
      lock: 'env-1',
      requirements: [
        'numpy==2.3.1',
        'scikit_learn[x]==1.9.1 ; python_version > "3"',
        'mlflow',
        'git+https://example.com/o/r@main#egg=z',
        'https://example.com/pkg-1.0-py3-none-any.whl',
        'vendor/mylib-1.0-py3-none-any.whl',
      ],
    },
    flavors: ['python_function', 'sklearn'],
    signature: {
      inputs: [{ name: 'radius', type: 'double' }],
      outputs: [{ type: 'int64', shape: [-1] }],
    },
    params: { depth: '3' },
    lineage: {
      runId: 'r1',
      commit: 'abc',
      source: 'runs:/r1/model',
      features: ['feature:default/radius'],
      createdBy: 'user:default/ann',
      createdAt: '2026-03-01T10:00:00.000Z',
    },
  },
};
