import type { GateSubject } from '@downstage/plugin-ml-registry-node';
import type { Servability } from '@downstage/plugin-ml-serving-common';
import { judgeFiles } from './domain/judgeVersion';
import { createServableGate } from './servableGate';

const subject: GateSubject = {
  modelRef: 'model:default/tumour',
  versionRef: 'default/tumour@2',
  version: 2,
  to: 'staging',
  metrics: {},
  flavors: ['sklearn'],
  tags: {},
  running: false,
};
const files = (...paths: string[]) =>
  paths.map(path => ({ path, isDir: false }));
const signature = { inputs: [{ name: 'a', type: 'double' }], outputs: [] };

describe('the gate that endpoints bring', () => {
  it.each<[string, Servability, boolean, string, RegExp]>([
    [
      'passes an ONNX model with named columns',
      {
        deployed: true,
        ...judgeFiles({ files: files('model/model.onnx'), signature }),
      },
      false,
      'passed',
      /Endpoints can serve it/,
    ],
    [
      'warns of a model without a signature',
      {
        deployed: true,
        ...judgeFiles({
          files: files('model/model.onnx'),
          signature: undefined,
        }),
      },
      false,
      'warning',
      /names no columns/,
    ],
    [
      'warns of a plain scikit-learn model that nobody has deployed (walk 3)',
      {
        deployed: false,
        ...judgeFiles({ files: files('model/model.pkl'), signature }),
      },
      false,
      'warning',
      /could not serve this version: This version has no .onnx file/,
    ],
    [
      'fails one whose model has an endpoint, which would go on with the old version (walk 3)',
      {
        deployed: true,
        ...judgeFiles({ files: files('model/model.pkl'), signature }),
      },
      false,
      'failed',
      /endpoint cannot serve this version/,
    ],
    [
      'waits while the run may yet log its model',
      { deployed: true, ...judgeFiles({ files: [], signature }) },
      true,
      'pending',
      /no .onnx file/,
    ],
    [
      'names a column type that cannot be served',
      {
        deployed: true,
        ...judgeFiles({
          files: files('model/model.onnx'),
          signature: {
            inputs: [{ name: 'when', type: 'datetime' }],
            outputs: [],
          },
        }),
      },
      false,
      'failed',
      /'when' has the type datetime/,
    ],
  ])('%s', async (_, found, running, status, message) => {
    const judge = jest.fn(async () => found);
    const verdicts = await createServableGate(judge).evaluate({
      ...subject,
      running,
    });
    expect(judge).toHaveBeenCalledWith({
      namespace: 'default',
      name: 'tumour',
      version: 2,
    });
    expect(verdicts).toEqual([
      expect.objectContaining({
        status,
        message: expect.stringMatching(message),
      }),
    ]);
  });
});
