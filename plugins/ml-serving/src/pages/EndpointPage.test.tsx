import { NotFoundError } from '@backstage/errors';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { screen } from '@testing-library/react';
import { mlServingApiRef, type MlServingApi } from '../api';
import { ServingPages } from './ServingPages';

const model = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'churn', namespace: 'default' },
};
const api: Partial<MlServingApi> = {
  getEndpoint: async () => {
    throw new NotFoundError('not deployed');
  },
};

function open(path: string) {
  renderInTestApp(<ServingPages />, {
    initialRouteEntries: [path],
    apis: [
      [mlServingApiRef, api as MlServingApi],
      [catalogApiRef, catalogApiMock({ entities: [model] })],
    ],
  });
}

describe('the page of an endpoint that is not there', () => {
  it('leads to the Serving tab of a model that is not deployed', async () => {
    open('/default/churn');
    expect(
      await screen.findByText('This model is not deployed'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Open the Serving tab' }),
    ).toHaveAttribute('href', '/catalog/default/model/churn/serving');
  });

  it('says that no model has the name, and leads to all endpoints', async () => {
    open('/default/salaries');
    expect(
      await screen.findByText('There is no model salaries'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Show all endpoints' }),
    ).toHaveAttribute('href', '/endpoints');
    expect(screen.queryByRole('link', { name: 'Open the model' })).toBeNull();
  });
});
