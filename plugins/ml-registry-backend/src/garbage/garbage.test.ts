import { needsOf } from './garbage';

const model = `m-${'a'.repeat(32)}`;
const version = {
  name: 'churn',
  version: 3,
  storageLocation: `mlflow-artifacts:/1/models/${model}/artifacts`,
  runId: 'run1',
  modelId: model,
  aliases: [] as string[],
};
const candidate = { name: 'x', experimentId: '1' };

describe('needsOf', () => {
  it.each([
    ['the run that made it', { kind: 'run' as const, ref: 'run1' }],
    ['its logged model', { kind: 'logged-model' as const, ref: model }],
    [
      'the folder its files lie in',
      {
        kind: 'orphan' as const,
        ref: `1/models/${model}`,
        folder: `1/models/${model}`,
      },
    ],
  ])('keeps %s', (_what, thing) => {
    expect(needsOf([version])({ ...candidate, ...thing })).toBe(
      'default/churn@3 uses it',
    );
  });

  it('names the aliases, and who holds a version that is deleted', () => {
    const thing = { ...candidate, kind: 'run' as const, ref: 'run1' };
    expect(needsOf([{ ...version, aliases: ['champion'] }])(thing)).toBe(
      'default/churn@3 uses it (champion)',
    );
    expect(
      needsOf([{ ...version, heldBecause: 'endpoint x serves it' }])(thing),
    ).toBe('default/churn@3: endpoint x serves it');
  });

  it('needs nothing else', () => {
    expect(
      needsOf([version])({ ...candidate, kind: 'run', ref: 'run2' }),
    ).toBeUndefined();
  });
});
