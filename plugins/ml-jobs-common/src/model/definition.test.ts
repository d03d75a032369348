import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { jobDefinitionJsonSchema, jobDefinitionSchema } from './definition';

const minimal = {
  apiVersion: 'downstage.dev/v1',
  kind: 'Job',
  entryPoint: 'python src/train.py',
};

describe('the job definition', () => {
  it('needs three lines', () => {
    expect(jobDefinitionSchema.parse(minimal)).toEqual(minimal);
  });

  it('takes everything a project may declare', () => {
    const full = {
      ...minimal,
      name: 'tumour-malignancy',
      parameters: { max_depth: 4, goal: 'auc', shuffle: true },
      environment: { name: 'pytorch', requirements: 'requirements.txt' },
      resources: {
        ...{ cpu: 2, memory: '2Gi', gpus: 2, nodes: 2 },
        accelerator: 'nvidia-h200',
      },
      distributed: 'ddp',
      processesPerNode: 2,
      queue: 'research',
      priority: 'standard',
      spot: true,
      checkpoint: { keep: 2 },
      retries: 1,
      timeout: 'PT30M',
      inputs: [{ name: 'training', dataset: 'dataset:default/breast-masses' }],
      outputs: [
        { name: 'model', kind: 'model' },
        { name: 'other', kind: 'model', model: 'model:default/other' },
        { name: 'scores', kind: 'dataset', dataset: 'dataset:default/scores' },
        { name: 'roc', kind: 'artifact', path: 'evaluation/roc.png' },
      ],
      model: 'model:default/tumour-malignancy',
    };
    expect(jobDefinitionSchema.parse(full)).toEqual(full);
  });

  it.each([
    [{ ...minimal, entrypoint: 'x' }],
    [{ ...minimal, timeout: '30 minutes' }],
    [{ ...minimal, timeout: 'P' }],
    [{ ...minimal, resources: { memory: '4GB' } }],
    [{ ...minimal, environment: { requirements: '../../etc/passwd' } }],
    [{ ...minimal, environment: { image: '--privileged' } }],
    [{ ...minimal, distributed: 'torch' }],
    [{ ...minimal, processesPerNode: 0 }],
    [{ ...minimal, checkpoint: { keep: 0 } }],
    [{ ...minimal, checkpoint: true }],
    [{ ...minimal, queue: 'a/b' }],
    [{ ...minimal, priority: '' }],
    [{ ...minimal, resources: { gpus: 1, accelerator: 'a b' } }],
    [{ ...minimal, parameters: { 'a b': 1 } }],
    [{ ...minimal, inputs: [{ name: 'x', dataset: 'breast-masses' }] }],
    [{ ...minimal, outputs: [{ name: 'x', kind: 'image' }] }],
    [{ ...minimal, outputs: [{ name: 'x', kind: 'dataset' }] }],
    [{ ...minimal, outputs: [{ name: 'x', kind: 'model', path: 'y' }] }],
    [{ ...minimal, outputs: [{ name: 'x', kind: 'artifact', path: '/y' }] }],
    [
      {
        ...minimal,
        outputs: [{ name: 'x', kind: 'artifact', path: 'a/../b' }],
      },
    ],
    [
      {
        ...minimal,
        outputs: [
          { name: 'x', kind: 'model' },
          { name: 'x', kind: 'artifact', path: 'y' },
        ],
      },
    ],
    [{ ...minimal, apiVersion: 'v1' }],
  ])('refuses %j', wrong => {
    expect(jobDefinitionSchema.safeParse(wrong).success).toBe(false);
  });

  it('keeps a file of an earlier version right', () => {
    const earlier = {
      ...minimal,
      environment: { name: 'onnx' },
      resources: { cpu: 0.5, memory: '1.5Gi', gpus: 8, nodes: 4 },
      retries: 10,
      timeout: 'P1DT12H',
    };
    expect(jobDefinitionSchema.parse(earlier)).toEqual(earlier);
  });

  it('describes every key for editors', () => {
    const silent: string[] = [];
    const walk = (schema: unknown, path: string) => {
      if (typeof schema !== 'object' || schema === null) return;
      for (const [key, value] of Object.entries(schema)) {
        if (key === 'properties' && typeof value === 'object' && value)
          for (const [name, property] of Object.entries(value))
            if (!('description' in (property as object)))
              silent.push(`${path}.${name}`);
        walk(value, `${path}.${key}`);
      }
    };
    walk(jobDefinitionJsonSchema(), '');
    expect(silent).toEqual([]);
  });

  it('is published as the JSON Schema that editors use', () => {
    const file = resolve(__dirname, '../../downstage.schema.json');
    const text = `${JSON.stringify(jobDefinitionJsonSchema(), null, 2)}\n`;
    if (process.env.UPDATE_GENERATED) writeFileSync(file, text);
    // Compared as values: Prettier decides about the lines.
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text));
  });
});
