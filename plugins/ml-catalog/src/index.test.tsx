import {
  entityPresentationApiRef,
  catalogApiRef,
} from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { renderTestApp } from '@backstage/frontend-test-utils';
import { PageBlueprint, useApi } from '@backstage/frontend-plugin-api';
import { catalogGraphApiRef } from '@backstage/plugin-catalog-graph';
import catalogGraphPlugin from '@backstage/plugin-catalog-graph/alpha';
import catalogPlugin from '@backstage/plugin-catalog/alpha';
import { ML_RELATION_PAIRS } from '@downstage/plugin-ml-catalog-common';
import { screen } from '@testing-library/react';
import { kindIcons, mlCatalogEntityModule, mlCatalogGraphModule } from '.';

function Probe() {
  const { knownRelations } = useApi(catalogGraphApiRef);
  const presentation = useApi(entityPresentationApiRef);
  const { Icon } = presentation.forEntity('model:default/x').snapshot;
  return (
    <ul>
      <li>{knownRelations.join(' ')}</li>
      <li>{Icon === kindIcons.model ? 'our icon' : 'another icon'}</li>
    </ul>
  );
}

it('tells the graph about our relations and names about our icons', async () => {
  const probe = PageBlueprint.make({
    params: { path: '/', noHeader: true, loader: async () => <Probe /> },
  });
  renderTestApp({
    extensions: [probe],
    features: [
      catalogPlugin,
      catalogGraphPlugin,
      mlCatalogEntityModule,
      mlCatalogGraphModule,
    ],
    apis: [[catalogApiRef, catalogApiMock({ entities: [] })]],
  });
  const relations = await screen.findByText(/trainedOn/);
  for (const relation of ML_RELATION_PAIRS.flat()) {
    expect(relations).toHaveTextContent(relation);
  }
  expect(screen.getByText('our icon')).toBeInTheDocument();
});
