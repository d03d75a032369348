import { EntityProvider } from '@backstage/plugin-catalog-react';
import type { Entity } from '@backstage/catalog-model';
import { renderInTestApp } from '@backstage/frontend-test-utils';

export function anEntity(kind: string, spec: Entity['spec']): Entity {
  return {
    apiVersion: 'downstage.dev/v1alpha1',
    kind,
    metadata: { name: 'x' },
    spec: {
      type: 'table',
      lifecycle: 'production',
      owner: 'group:default/diagnostics',
      ...spec,
    },
  };
}

export function show(card: JSX.Element, entity: Entity) {
  renderInTestApp(<EntityProvider entity={entity}>{card}</EntityProvider>);
}
