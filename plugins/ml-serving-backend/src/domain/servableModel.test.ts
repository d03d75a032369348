import { featuresOf, filesToServe } from './servableModel';

describe('filesToServe', () => {
  const file = (path: string) => ({ path, isDir: false });
  it('takes the model and the weights beside it, and nothing that only describes', () => {
    const { model, all } = filesToServe(
      [
        'MLmodel',
        'requirements.txt',
        'model.onnx',
        '4f0c-weights',
        'model.pkl',
        'docs/a.png',
        'serving_input_example.json',
        'input_example.npy',
      ].map(file),
    );
    expect(model.path).toBe('model.onnx');
    expect(all.map(({ path }) => path)).toEqual([
      'model.onnx',
      '4f0c-weights',
      // What the gateway warms it up with.
      'serving_input_example.json',
    ]);
  });

  it.each([
    ['nothing', [], /no \.onnx file \(found: nothing\)/],
    ['only a pickle', ['model.pkl'], /found: model\.pkl\).*zipmap off/],
    ['two and no model.onnx', ['a.onnx', 'b.onnx'], /several ONNX files/],
  ])('refuses %s', (_, paths, message) => {
    expect(() => filesToServe(paths.map(file))).toThrow(message);
  });
});

describe('featuresOf', () => {
  it('folds the types of MLflow onto those of columns', () => {
    const inputs = ['double', 'float', 'integer', 'boolean', 'string'].map(
      type => ({ name: type, type }),
    );
    expect(featuresOf({ inputs, outputs: [] }).map(f => f.type)).toEqual([
      'double',
      'double',
      'long',
      'boolean',
      'string',
    ]);
    expect(featuresOf(undefined)).toEqual([]);
  });

  it('refuses a type that no column has', () => {
    const inputs = [{ name: 'when', type: 'datetime' }];
    expect(() => featuresOf({ inputs, outputs: [] })).toThrow(
      /column 'when' has the type datetime/,
    );
  });
});
