import type { Entity } from '@backstage/catalog-model';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { renderHook } from '@testing-library/react';
import { useModelEntity } from './useModelEntity';

const spelled: Entity = {
  apiVersion: 'downstage.dev/v1',
  kind: 'Model',
  metadata: { name: 'Tumour-Malignancy' },
  spec: { owner: 'diagnostics' },
};

function read(entity: Entity) {
  return renderHook(() => useModelEntity(), {
    wrapper: ({ children }) => (
      <EntityProvider entity={entity}>{children}</EntityProvider>
    ),
  }).result.current;
}

describe('the Model of the entity page', () => {
  it('has a whole reference, and the owner that the catalog resolved', () => {
    const model = read({
      ...spelled,
      relations: [{ type: 'ownedBy', targetRef: 'group:default/diagnostics' }],
    });
    expect(model.ref).toBe('model:default/tumour-malignancy');
    expect(model.namespace).toBe('default');
    expect(model.name).toBe('Tumour-Malignancy');
    expect(model.owner).toBe('group:default/diagnostics');
  });

  it('belongs to nobody until the catalog resolved an owner', () => {
    expect(read(spelled).owner).toBeUndefined();
  });
});
