import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aModel, aSummary, aVersion } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { LedgerPage } from './LedgerPage';

const entry = (more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  id: 1,
  name: 'tumour-malignancy',
  modelRef: 'model:default/tumour-malignancy',
  at: '2026-03-01T10:00:00.000Z',
  actor: 'user:default/ann',
  action: 'promoted',
  version: 1,
  from: 'staging',
  to: 'production',
  message: 'All gates passed',
  flagged: false,
  ...more,
});
const production = async () => ({
  items: [
    {
      name: 'tumour-malignancy',
      modelRef: 'model:default/tumour-malignancy',
      version: 1,
      since: '2026-03-01T10:00:00.000Z',
      actor: 'user:default/ann',
      action: 'promoted' as const,
      flagged: false,
    },
  ],
});

describe('LedgerPage', () => {
  it('asks for what the address says, and shows who was in production that day', async () => {
    const listLedger = jest.fn(async () => ({
      items: [entry({ flagged: true, action: 'break-glass' })],
    }));
    const productionOn = jest.fn(production);
    renderWithRegistry(<LedgerPage />, {
      registry: fakeRegistry({}, { listLedger, productionOn }),
      path: '/?model=tumour-malignancy&flagged=true&on=2026-03-05',
    });
    expect(await screen.findByText('past a gate')).toBeInTheDocument();
    expect(await screen.findByText('still there')).toBeInTheDocument();
    expect(listLedger).toHaveBeenCalledWith(
      { query: { model: 'tumour-malignancy', flagged: 'true' } },
      expect.anything(),
    );
    expect(productionOn).toHaveBeenCalledWith(
      {
        query: expect.objectContaining({
          at: '2026-03-05',
          model: 'tumour-malignancy',
        }),
      },
      expect.anything(),
    );
  });

  it('shows older changes when asked', async () => {
    const listLedger = jest.fn(
      async ({ query }: { query: { cursor?: unknown } }) =>
        query.cursor === '9'
          ? { items: [entry({ id: 3, message: 'An older one' })] }
          : { items: [entry({ id: 9 })], nextCursor: '9' },
    );
    renderWithRegistry(<LedgerPage />, {
      registry: fakeRegistry({}, { listLedger, productionOn: production }),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Show older changes' }),
    );
    expect(await screen.findByText(/An older one/)).toBeInTheDocument();
  });

  it('rolls back to what an entry brought into production', async () => {
    const rollbackModel = jest.fn(async () => aModel());
    renderWithRegistry(<LedgerPage />, {
      registry: fakeRegistry(
        {
          models: [aModel({ production: aSummary({ version: 2 }) })],
          versions: [
            aVersion({ version: 2, stage: 'production' }),
            aVersion({ version: 1, stage: 'archived' }),
          ],
        },
        {
          listLedger: async () => ({ items: [entry()] }),
          productionOn: production,
          rollbackModel,
        },
      ),
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Roll back to version 1' }),
    );
    await userEvent.type(await screen.findByLabelText(/Why\?/), 'Recall fell');
    await userEvent.click(
      screen.getByRole('button', { name: 'Roll back now' }),
    );
    expect(rollbackModel).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy' },
      body: { reason: 'Recall fell', toVersion: 1 },
    });
  });

  it('offers no rollback to the version that is in production', async () => {
    renderWithRegistry(<LedgerPage />, {
      registry: fakeRegistry(
        {
          models: [
            aModel({ production: aSummary({ version: 2 }) }),
            aModel({
              name: 'churn',
              ref: 'model:default/churn',
              production: aSummary({ version: 1 }),
            }),
          ],
        },
        {
          listLedger: async () => ({
            items: [
              entry({ id: 4, version: 2, message: 'The newest' }),
              entry({ id: 3, version: 1, message: 'The one before' }),
              entry({
                id: 2,
                version: 1,
                name: 'churn',
                modelRef: 'model:default/churn',
                message: 'Of another model',
              }),
            ],
          }),
          productionOn: production,
        },
      ),
    });
    const offered = () =>
      screen
        .getAllByRole('listitem')
        .filter(item => within(item).queryByRole('button'))
        .map(({ textContent }) => textContent);
    await screen.findByText(/The newest/);
    await waitFor(() =>
      expect(offered()).toEqual([expect.stringContaining('The one before')]),
    );
  });

  it('shows a change that a newer release wrote, in its own words (R4)', async () => {
    const newer = entry({
      action: 'quantised-by-hand',
      from: 'production',
      to: 'frozen',
      message: 'Version 1 was quantised',
    });
    renderWithRegistry(<LedgerPage />, {
      registry: fakeRegistry(
        {},
        {
          listLedger: async () => ({ items: [newer, entry({ id: 0 })] }),
          productionOn: async () => ({
            items: [
              {
                ...(await production()).items[0],
                action: 'quantised-by-hand',
              },
            ],
          }),
        },
      ),
      path: '/?action=quantised-by-hand',
    });
    expect(
      await screen.findByText(/Version 1 was quantised/),
    ).toBeInTheDocument();
    expect(screen.getByText(/quantised by hand/)).toBeInTheDocument();
    expect(screen.getByText(/production → frozen/)).toBeInTheDocument();
    expect(screen.getByText(/All gates passed/)).toBeInTheDocument();
  });

  it.each([
    ['/?model=churn', 'Nothing matches'],
    ['/', 'Nothing has changed yet'],
  ])('says of an empty page at %s: %s', async (path, words) => {
    renderWithRegistry(<LedgerPage />, {
      path,
      registry: fakeRegistry(
        {},
        {
          listLedger: async () => ({ items: [] }),
          productionOn: async () => ({ items: [] }),
        },
      ),
    });
    expect(await screen.findByText(words)).toBeInTheDocument();
    expect(
      await screen.findByText('Nothing was in production that day'),
    ).toBeInTheDocument();
  });
});
