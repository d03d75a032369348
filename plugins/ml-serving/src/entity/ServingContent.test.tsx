import type { Endpoint, Rollout } from '@downstage/plugin-ml-serving-common';
import { NotFoundError } from '@backstage/errors';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import {
  EntityProvider,
  entityPresentationApiRef,
} from '@backstage/plugin-catalog-react';
import { screen, waitFor } from '@testing-library/react';
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
    listRollouts: async () => ({ items: [] }),
    getInputExample: async () => ({ version: 7, rows: [] }),
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

const inForm = (row: object) => JSON.stringify([row], null, 2);

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
      await screen.findByText(/Ask its owners to deploy it:/),
    ).toHaveTextContent(/Ask its owners to deploy it: x\./);
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

  it('shows each variant with its version and its share of the requests (W10)', async () => {
    const [champion] = ready.variants;
    show({
      endpoint: {
        ...ready,
        variants: [
          { ...champion, weight: 87.5 },
          { ...champion, variant: 'challenger', version: 8, weight: 12.5 },
          {
            ...{ ...champion, variant: 'next', version: 9, weight: 0 },
            mode: 'shadow',
          },
        ],
      },
    });
    const champions = await screen.findByText(/^champion:/);
    expect(champions).toHaveTextContent(
      'champion: version 7 (87.5 % of the traffic, ready)',
    );
    expect(screen.getByText(/^challenger:/)).toHaveTextContent(
      'challenger: version 8 (12.5 % of the traffic, ready)',
    );
    expect(screen.getByText(/^next:/)).toHaveTextContent(
      'next: version 9 (shadow: its answers go to nobody, ready)',
    );
  });

  it('shows the rollouts: who, from what to what, and how each ended (W10)', async () => {
    const alone = (version: number): Rollout['to'] => [
      { name: 'champion', version, weight: 100, mode: 'live' },
    ];
    const first: Rollout = {
      number: 1,
      state: 'succeeded',
      from: [],
      to: alone(7),
      reason: 'Deployed',
      message: 'Answers come from version 7',
      startedAt: '2026-11-21T12:00:00Z',
      endedAt: '2026-11-21T12:00:01Z',
    };
    show({
      endpoint: ready,
      api: {
        listRollouts: async () => ({
          items: [
            {
              ...first,
              number: 2,
              state: 'failed',
              from: alone(7),
              to: alone(8),
              message: 'Version 8 could not be loaded: no memory',
            },
            first,
          ],
        }),
      },
    });
    const rows = await screen.findAllByRole('row', { name: /version 7/ });
    expect(rows[0]).toHaveTextContent(/version 7 → version 8.*Failed/);
    expect(rows[0]).toHaveTextContent(/could not be loaded: no memory/);
    expect(rows[1]).toHaveTextContent(/nothing → version 7.*Succeeded/);
    expect(rows[1]).toHaveTextContent(/not recorded/);
  });

  it('shows no query of a folder for a log that the engine keeps elsewhere (W13)', async () => {
    const log = (parquetGlob: string) => ({
      getPredictionLog: async () => ({
        ...{ endpoint: ready.ref, modelRef: ready.modelRef },
        ...{ features: [], predictions: [], parquetGlob, openFiles: [] },
        ...{ rows: 4_321, dropped: 0 },
      }),
    });
    const { unmount } = show({
      endpoint: ready,
      api: log('/a/*'),
    });
    expect(await screen.findByText(/4,321/)).toBeInTheDocument();
    expect(document.body).toHaveTextContent('read_parquet');
    unmount();
    show({ endpoint: ready, api: log('') });
    expect(await screen.findByText(/4,321/)).toBeInTheDocument();
    expect(document.body).not.toHaveTextContent('read_parquet');
  });

  it('says when a rollout begins where there was none yet', async () => {
    show({ endpoint: ready });
    expect(await screen.findByText('No rollout yet')).toBeInTheDocument();
    expect(
      screen.getByText(/begins when a version enters production/),
    ).toBeInTheDocument();
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

  it('offers the row that the version was logged with', async () => {
    const getInputExample = async () => ({
      version: 7,
      rows: [{ mean_radius: 17.99 }],
    });
    show({ endpoint: ready, api: { getInputExample } });
    const rows = await screen.findByRole('textbox', { name: 'Rows' });
    await waitFor(() =>
      expect(rows).toHaveValue(inForm({ mean_radius: 17.99 })),
    );
  });

  it.each([
    ['without one', async () => ({ version: 7, rows: [] })],
    [
      'when it cannot be had',
      async () => {
        throw new Error('The portal does not answer');
      },
    ],
  ])('offers the names of the columns %s', async (_, getInputExample) => {
    show({ endpoint: ready, api: { getInputExample } });
    const rows = await screen.findByRole('textbox', { name: 'Rows' });
    await waitFor(() => expect(rows).toHaveValue(inForm({ mean_radius: 0 })));
  });

  it('says why there is an example and no row of it', async () => {
    const refusal = 'Row 1 of the input example is null, not an object';
    const getInputExample = async () => ({ version: 7, rows: [], refusal });
    show({ endpoint: ready, api: { getInputExample } });
    const rows = await screen.findByRole('textbox', { name: 'Rows' });
    await waitFor(() => expect(rows).toHaveValue(inForm({ mean_radius: 0 })));
    expect(
      screen.getByText(
        `${refusal}. Fill in the values of the columns instead.`,
      ),
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
