import type { Entity } from '@backstage/catalog-model';
import { isModelEntity, parseDatasetSpec, parseModelSpec } from './entities';

function aModel(spec: Record<string, unknown>): Entity {
  return JSON.parse(
    JSON.stringify({
      apiVersion: 'downstage.dev/v1alpha1',
      kind: 'Model',
      metadata: { name: 'x' },
      spec: {
        type: 'classifier',
        lifecycle: 'production',
        owner: 'group:default/diagnostics',
        ...spec,
      },
    }),
  );
}

describe('a Model', () => {
  it('is told from a Model of another group', () => {
    expect(isModelEntity(aModel({}))).toBe(true);
    expect(isModelEntity({ ...aModel({}), apiVersion: 'acme.com/v1' })).toBe(
      false,
    );
  });

  it('needs a type, a lifecycle and an owner only', () => {
    expect(parseModelSpec(aModel({})).type).toBe('classifier');
  });

  it.each([
    [{ owner: undefined }, /spec\.owner/],
    [{ owner: 'component:x' }, /allowed kinds: Group, User/],
    [{ trainedOn: ['component:default/x'] }, /spec\.trainedOn\.0.*Dataset/],
    [{ risk: 'huge' }, /spec\.risk.*minimal.*limited.*high/],
    [{ evaluation: { gates: [{ metric: 'auc' }] } }, /at least one of min/],
    [{ evaluation: { gate: [] } }, /spec\.evaluation.*gate/],
  ])('is refused with %j', (spec, message) => {
    expect(() => parseModelSpec(aModel(spec))).toThrow(message);
  });

  it('is no Dataset', () => {
    expect(() => parseDatasetSpec(aModel({}))).toThrow(
      'Expected a Dataset of downstage.dev/v1alpha1, found model:default/x',
    );
  });
});
