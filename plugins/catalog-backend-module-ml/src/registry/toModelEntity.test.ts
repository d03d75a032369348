import { toModelEntity } from './toModelEntity';

const model = { namespace: 'default', name: 'x', updatedAt: '' };

describe('a model without a file', () => {
  it.each([undefined, 'group:default/unowned'])(
    'is marked as unowned when its owner is %p',
    owner => {
      const { metadata, spec } = toModelEntity({ ...model, owner });
      expect(metadata.annotations).toHaveProperty(
        ['downstage.dev/unowned'],
        'true',
      );
      expect(spec?.owner).toBe('group:default/unowned');
    },
  );

  it('belongs to whom the registry says', () => {
    const owner = 'group:default/diagnostics';
    const { metadata, spec } = toModelEntity({ ...model, owner });
    expect(metadata.annotations).not.toHaveProperty(['downstage.dev/unowned']);
    expect(spec).toMatchObject({ owner, lifecycle: 'experimental' });
  });
});
