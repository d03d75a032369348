import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aModel, aSummary } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { ModelHealthSources } from './useModelHealth';
import { ModelsPage } from './ModelsPage';

const models = [
  aModel({ pendingPromotions: 1 }),
  aModel({
    name: 'fraud-score',
    owner: 'group:default/credit',
    description: 'Scores payments',
    production: undefined,
    candidate: aSummary({ version: 3, stage: 'candidate' }),
  }),
  aModel({ name: 'from-a-notebook', owner: undefined, hasEntity: false }),
];

describe('ModelsPage', () => {
  it('shows what is in production with its primary metric, and what waits', async () => {
    renderWithRegistry(<ModelsPage />, { registry: fakeRegistry({ models }) });
    const link = await screen.findByRole('link', { name: 'tumour-malignancy' });
    expect(link).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/versions',
    );
    const row = screen.getByRole('row', { name: /tumour-malignancy/ });
    expect(await within(row).findByText('auc 0.981')).toBeInTheDocument();
    expect(within(row).getByText('1 waiting')).toBeInTheDocument();
    expect(
      within(screen.getByRole('row', { name: /from-a-notebook/ })).getByText(
        'Nobody yet',
      ),
    ).toBeInTheDocument();
  });

  it('shows the candidate as the next version, else the newest one in staging', async () => {
    const staging = aSummary({ version: 4, stage: 'staging' });
    renderWithRegistry(<ModelsPage />, {
      registry: fakeRegistry({
        models: [aModel({ staging }), { ...models[1], staging }],
      }),
    });
    const next = async (name: RegExp) =>
      within(await screen.findByRole('row', { name })).getAllByRole('cell');
    const cells = async (name: RegExp) =>
      (await next(name)).map(({ textContent }) => textContent).join(' | ');
    expect(await cells(/tumour-malignancy/)).toMatch(/v4\s*Staging/);
    expect(await cells(/fraud-score/)).toMatch(/v3\s*Candidate/);
    expect(await cells(/fraud-score/)).not.toContain('v4');
  });

  it('marks a version that entered production past its gates, and says who did it and why', async () => {
    const breakGlass = {
      at: '2026-11-20T09:00:00.000Z',
      by: 'user:default/dora',
      reason: 'The old one fails on every request',
    };
    renderWithRegistry(<ModelsPage />, {
      registry: fakeRegistry({
        models: [aModel({ production: aSummary({ breakGlass }) }), models[1]],
      }),
    });
    const mark = await screen.findByText('Break-glass');
    expect(
      screen.getByTitle(/user:default\/dora: The old one/),
    ).toContainElement(mark);
    expect(
      within(screen.getByRole('row', { name: /fraud-score/ })).queryByText(
        'Break-glass',
      ),
    ).toBeNull();
  });

  it('narrows down by search and by stage', async () => {
    renderWithRegistry(<ModelsPage />, { registry: fakeRegistry({ models }) });
    await userEvent.click(
      await screen.findByRole('radio', { name: 'With a candidate' }),
    );
    await waitFor(() =>
      expect(screen.queryByText('tumour-malignancy')).not.toBeInTheDocument(),
    );
    expect(await screen.findByText('fraud-score')).toBeInTheDocument();

    await userEvent.type(screen.getByLabelText('Search models'), 'tumour');
    expect(await screen.findByText('No model matches')).toBeInTheDocument();
  });

  it('shows how models fare as installed sources know it, and finds what needs attention', async () => {
    const drift = {
      useHealth: () => (ref: string) =>
        ref === 'model:default/fraud-score'
          ? { tone: 'error' as const, label: 'Drifted', href: '/drift' }
          : undefined,
      useTroubled: () => ['model:default/fraud-score'],
    };
    renderWithRegistry(
      <ModelHealthSources.Provider value={[drift]}>
        <ModelsPage />
      </ModelHealthSources.Provider>,
      { registry: fakeRegistry({ models }), path: '/?health=attention' },
    );
    expect(await screen.findByText('Drifted')).toBeInTheDocument();
    expect(screen.getByText('fraud-score')).toBeInTheDocument();
    expect(screen.queryByText('tumour-malignancy')).not.toBeInTheDocument();
  });

  it('shows the models before they are counted, and calls nothing empty until then', async () => {
    let count: () => void = () => {};
    const counted = new Promise<void>(resolve => {
      count = resolve;
    });
    const registryOf = (shown: typeof models) => {
      const registry = fakeRegistry({ models: shown });
      return {
        ...registry,
        countModels: async (
          ...asked: Parameters<typeof registry.countModels>
        ) => {
          await counted;
          return registry.countModels(...asked);
        },
      };
    };
    const { unmount } = renderWithRegistry(<ModelsPage />, {
      registry: registryOf(models),
    });
    expect(await screen.findByText('fraud-score')).toBeInTheDocument();
    unmount();

    const listed = jest.fn();
    const empty = registryOf([]);
    renderWithRegistry(<ModelsPage />, {
      registry: {
        ...empty,
        listModels: async (...asked: Parameters<typeof empty.listModels>) => {
          const page = await empty.listModels(...asked);
          listed();
          return page;
        },
      },
    });
    await waitFor(() => expect(listed).toHaveBeenCalled());
    expect(screen.queryByText('No model matches')).not.toBeInTheDocument();
    expect(screen.getByRole('status', { name: 'Loading' })).toBeInTheDocument();
    count();
    expect(
      await screen.findByText('No model is registered yet'),
    ).toBeInTheDocument();
  });

  it('asks the server for one page at a time, also of twenty thousand models', async () => {
    const listModels = jest.fn(async ({ query }) =>
      query.cursor
        ? { items: [models[1]] }
        : { items: [models[0]], nextCursor: 'second' },
    );
    renderWithRegistry(<ModelsPage />, {
      registry: fakeRegistry({ models }, { listModels }),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Next page' }),
    );
    expect(await screen.findByText('fraud-score')).toBeInTheDocument();
    expect(listModels.mock.calls.map(([{ query }]) => query.cursor)).toEqual([
      undefined,
      'second',
    ]);
    expect(screen.getByText(/Page 2/)).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('button', { name: 'Previous page' }),
    );
    expect(await screen.findByText('tumour-malignancy')).toBeInTheDocument();
  });

  it('lets somebody claim a model nobody owns for one of their teams', async () => {
    const claimModel = jest.fn(async () => models[2]);
    renderWithRegistry(<ModelsPage />, {
      registry: fakeRegistry({ models }, { claimModel }),
      path: '/?owner=nobody',
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Claim from-a-notebook' }),
    );
    const dialog = await screen.findByRole('dialog');
    await userEvent.click(
      await within(dialog).findByRole('button', { name: 'Claim' }),
    );
    expect(claimModel).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'from-a-notebook' },
      body: { owner: 'group:default/diagnostics' },
    });
  });

  it('tells how to register a model when there is none', async () => {
    renderWithRegistry(<ModelsPage />, { registry: fakeRegistry() });
    expect(
      await screen.findByText('No model is registered yet'),
    ).toBeInTheDocument();
    expect(
      await screen.findByText(
        /set_tracking_uri\("http:\/\/localhost:7007\/api\/ml-registry\/mlflow"\)/,
      ),
    ).toBeInTheDocument();
  });

  it('says why nothing can be shown, and tries again', async () => {
    const listModels = jest
      .fn()
      .mockRejectedValueOnce(new Error('The registry is being upgraded'))
      .mockResolvedValue({ items: models });
    renderWithRegistry(<ModelsPage />, {
      registry: fakeRegistry({ models }, { listModels }),
    });
    expect(
      await screen.findByText('The registry is being upgraded'),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('fraud-score')).toBeInTheDocument();
  });
});
