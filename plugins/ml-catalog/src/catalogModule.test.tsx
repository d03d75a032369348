import { renderTestApp } from '@backstage/frontend-test-utils';
import { createTestEntityPage } from '@backstage/plugin-catalog-react/testUtils';
import { screen } from '@testing-library/react';
import { fieldsCard, gatesCard, unownedCard } from './catalogModule';

it('puts its cards on the page of an unowned model', async () => {
  const page = createTestEntityPage({
    entity: {
      apiVersion: 'downstage.dev/v1alpha1',
      kind: 'Model',
      metadata: { name: 'x', annotations: { 'downstage.dev/unowned': 'true' } },
      spec: { type: 'unknown', lifecycle: 'experimental', owner: 'unowned' },
    },
  });
  renderTestApp({ extensions: [page, fieldsCard, gatesCard, unownedCard] });
  expect(await screen.findByText('Nobody owns this model')).toBeInTheDocument();
  expect(await screen.findByText('Before production')).toBeInTheDocument();
  expect(screen.queryByText(/Columns/)).not.toBeInTheDocument();
});
