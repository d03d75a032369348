import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { NotFoundError } from '@backstage/errors';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityPresentationApiRef,
} from '@backstage/plugin-catalog-react';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { mlServingApiRef, type MlServingApi } from '../api';
import { ServingContent } from './ServingContent';

const owner = 'group:default/diagnostics';
const entity = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'tumour-malignancy', namespace: 'default' },
  spec: { type: 'classifier', owner },
  relations: [{ type: 'ownedBy', targetRef: owner }],
};
const ready: Endpoint = {
  ref: 'default/tumour-malignancy',
  namespace: 'default',
  name: 'tumour-malignancy',
  modelRef: 'model:default/tumour-malignancy',
  owner,
  url: 'http://localhost:7008/v2/models/tumour-malignancy',
  generation: 2,
  observedGeneration: 2,
  state: 'ready',
  conditions: [],
  variants: [{ variant: 'champion', version: 7, weight: 100, state: 'ready' }],
  previousVersion: 6,
  access: { groups: [], anonymous: false, public: false },
  gateway: { url: 'http://localhost:7008', alive: true },
  createdBy: 'user:default/ann',
  createdAt: '2026-11-21T12:00:00Z',
};

function show(options: {
  endpoint?: Endpoint;
  groups?: string[];
  api?: Partial<MlServingApi>;
}) {
  const api: Partial<MlServingApi> = {
    getEndpoint: async () => {
      if (!options.endpoint) throw new NotFoundError('not deployed');
      return options.endpoint;
    },
    getTraffic: async () => ({ buckets: [] }),
    getPredictionLog: async () => ({
      endpoint: ready.ref,
      modelRef: ready.modelRef,
      features: [{ name: 'mean_radius', type: 'double' }],
      predictions: [],
      parquetGlob: '/data/*.parquet',
      openFiles: [],
      rows: 0,
      dropped: 0,
    }),
    ...options.api,
  };
  const identity = mockApis.identity({
    userEntityRef: 'user:default/ann',
    ownershipEntityRefs: options.groups ?? [owner],
  });
  return renderInTestApp(
    <EntityProvider entity={entity}>
      <ServingContent />
    </EntityProvider>,
    {
      apis: [
        [mlServingApiRef, api as MlServingApi],
        [identityApiRef, identity],
        [
          entityPresentationApiRef,
          {
            forEntity: () => ({
              snapshot: { primaryTitle: 'x', entityRef: 'x' },
              promise: Promise.resolve({ primaryTitle: 'x', entityRef: 'x' }),
            }),
          },
        ],
      ],
    },
  );
}

describe('the Serving tab of a model', () => {
  it('lets an owner deploy a model that is not deployed', async () => {
    const createEndpoint = jest.fn(async () => ready);
    show({ api: { createEndpoint } });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Deploy' }),
    );
    expect(createEndpoint).toHaveBeenCalledWith({
      body: { modelRef: 'model:default/tumour-malignancy' },
    });
  });

  it('does not offer deployment to others, and names the owners', async () => {
    show({ groups: ['group:default/credit'] });
    expect(
      await screen.findByText(
        /Ask its owners to deploy it: group:default\/diagnostics/,
      ),
    ).toBeInTheDocument();
    expect(screen.queryByRole('button', { name: 'Deploy' })).toBeNull();
  });

  it('shows which version answers and which stays loaded for a rollback', async () => {
    show({ endpoint: ready });
    expect(await screen.findByText('Ready')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'version 7' })).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/versions?version=7',
    );
    expect(screen.getByText(/Version 6 stays loaded/)).toBeInTheDocument();
  });

  it('gives the reason when endpoints cannot be asked for', async () => {
    show({
      api: {
        getEndpoint: async () => {
          throw new Error('The portal does not answer');
        },
      },
    });
    expect(
      await screen.findByText('The portal does not answer'),
    ).toBeInTheDocument();
  });

  it('asks for predictions with an example row of the right columns', async () => {
    const predict = jest.fn(async () => ({
      modelVersion: 7,
      predictions: [{ label: 1 }],
      requestId: 'r-1',
    }));
    show({ endpoint: ready, api: { predict } });
    const ask = await screen.findByRole('button', {
      name: 'Ask for predictions',
    });
    await userEvent.click(ask);
    expect(predict).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy' },
      body: { rows: [{ mean_radius: 0 }] },
    });
    expect(
      await screen.findByText(/Answered by version 7/),
    ).toBeInTheDocument();
  });
});
