import { artifactPathOf } from '../services/ModelFiles';
import { joinDatasets } from './datasets';
import { readModelFile } from './signature';

describe('readModelFile', () => {
  it('reads flavors and a signature of columns and tensors', () => {
    expect(
      readModelFile({
        flavors: { python_function: {}, onnx: {} },
        signature: {
          inputs: '[{"type":"double","name":"radius","required":true}]',
          outputs:
            '[{"type":"tensor","tensor-spec":{"dtype":"int64","shape":[-1]}}]',
          params: null,
        },
      }),
    ).toEqual({
      flavors: ['onnx', 'python_function'],
      signature: {
        inputs: [{ name: 'radius', type: 'double', required: true }],
        outputs: [{ type: 'int64', shape: [-1] }],
      },
    });
  });

  it.each([undefined, 'text', { flavors: {} }, { signature: { inputs: '{' } }])(
    'finds no signature in %j',
    content => {
      expect(readModelFile(content).signature).toBeUndefined();
    },
  );
});

describe('joinDatasets', () => {
  const logged = [{ name: 'masses', digest: 'abc', context: 'training' }];

  it('gives a logged data set the version the job read', () => {
    expect(joinDatasets(logged, 'default/masses@3')).toEqual([
      { ...logged[0], ref: 'default/masses@3' },
    ]);
  });

  it('lists a version nobody logged, and ignores what is not a version', () => {
    expect(joinDatasets([], 'default/other@1, nonsense')).toEqual([
      { name: 'other', digest: '', ref: 'default/other@1' },
    ]);
  });
});

describe('artifactPathOf', () => {
  it.each([
    ['mlflow-artifacts:/1/abc/artifacts/model', '1/abc/artifacts/model'],
    ['mlflow-artifacts:///1/abc/', '1/abc'],
    ['s3://bucket/x', undefined],
    ['models:/x/1', undefined],
  ])('%s lies at %s', (uri, path) => {
    expect(artifactPathOf(uri)).toBe(path);
  });
});
