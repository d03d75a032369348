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
      environment: { requirements: 'requirements.txt' },
      resources: { cpu: 2, memory: '2Gi', gpus: 0, nodes: 1 },
      retries: 1,
      timeout: 'PT30M',
      inputs: [{ name: 'training', dataset: 'dataset:default/breast-masses' }],
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
    [{ ...minimal, environment: { requirements: 'a.txt', name: 'b' } }],
    [{ ...minimal, parameters: { 'a b': 1 } }],
    [{ ...minimal, inputs: [{ name: 'x', dataset: 'breast-masses' }] }],
    [{ ...minimal, apiVersion: 'v1' }],
  ])('refuses %j', wrong => {
    expect(jobDefinitionSchema.safeParse(wrong).success).toBe(false);
  });

  it('is published as the JSON Schema that editors use', () => {
    const file = resolve(__dirname, '../../downstage.schema.json');
    const text = `${JSON.stringify(jobDefinitionJsonSchema(), null, 2)}\n`;
    if (process.env.UPDATE_GENERATED) writeFileSync(file, text);
    // Compared as values: Prettier decides about the lines.
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(text));
  });
});
