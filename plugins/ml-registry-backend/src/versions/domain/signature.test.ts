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
