import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import type { Webhook } from '@downstage/plugin-ml-registry-common';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { WebhooksPage } from './WebhooksPage';

const delivery = {
  id: 'd-1',
  event: 'model_version_stage.changed',
  model: 'model:default/churn',
  state: 'failed' as const,
  attempts: 9,
  reason: 'Gave up after 9 attempts: The receiver answered 503',
  createdAt: '2026-11-18T10:00:00.000Z',
};
const webhook: Webhook = {
  id: 'w-1',
  name: 'pager',
  url: 'https://pager.example/hook',
  events: ['*'],
  status: 'ACTIVE',
  signed: true,
  createdBy: 'user:default/dora',
  createdAt: '2026-11-18T09:00:00.000Z',
  updatedAt: '2026-11-18T09:00:00.000Z',
  lastDelivery: delivery,
};
const listed = (items: Webhook[]) => async () => ({
  items,
  mayAddForAll: true,
});

describe('WebhooksPage', () => {
  it('says what webhooks are for when there are none', async () => {
    const registry = fakeRegistry({}, { listWebhooks: listed([]) });
    renderWithRegistry(<WebhooksPage />, { registry });
    expect(await screen.findByText('No webhooks yet')).toBeInTheDocument();
  });

  it('says why it cannot show them', async () => {
    const listWebhooks = async () => {
      throw new Error('The database is away');
    };
    const registry = fakeRegistry({}, { listWebhooks });
    renderWithRegistry(<WebhooksPage />, { registry });
    expect(await screen.findByText(/The database is away/)).toBeInTheDocument();
  });

  it('shows how the last delivery ended, and tests one', async () => {
    const registry = fakeRegistry(
      {},
      {
        listWebhooks: listed([webhook]),
        testWebhook: async () => ({ success: true, responseStatus: 204 }),
      },
    );
    renderWithRegistry(<WebhooksPage />, { registry });
    const row = await screen.findByRole('row', { name: /pager/ });
    expect(within(row).getByText('Given up')).toBeInTheDocument();
    await userEvent.click(
      within(row).getByRole('button', { name: 'Test pager' }),
    );
    expect(await screen.findByText('pager answered 204')).toBeInTheDocument();
  });

  it('shows the secret of a new one once', async () => {
    const createWebhook = jest.fn(async () => ({ webhook, secret: 's3cr3t' }));
    const registry = fakeRegistry(
      {},
      { listWebhooks: listed([]), createWebhook },
    );
    renderWithRegistry(<WebhooksPage />, { registry });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Add webhook' }),
    );
    const dialog = within(await screen.findByRole('dialog'));
    await userEvent.type(dialog.getByLabelText(/^Name/), 'pager');
    await userEvent.type(dialog.getByLabelText(/^Sends to/), webhook.url);
    await userEvent.click(dialog.getByRole('button', { name: 'Add webhook' }));
    expect(await screen.findByText('s3cr3t')).toBeInTheDocument();
    expect(createWebhook).toHaveBeenCalledWith({
      body: { name: 'pager', url: webhook.url, events: ['*'] },
    });
    await userEvent.click(screen.getByRole('button', { name: 'Done' }));
    expect(screen.queryByText('s3cr3t')).not.toBeInTheDocument();
  });

  it('a link shows the deliveries of one with their reasons, and sends one again', async () => {
    const redeliverWebhook = jest.fn(async () => delivery);
    const registry = fakeRegistry(
      {},
      {
        listWebhooks: listed([webhook]),
        listWebhookDeliveries: async () => ({ items: [delivery] }),
        redeliverWebhook,
      },
    );
    renderWithRegistry(<WebhooksPage />, { registry, path: '/?webhook=w-1' });
    expect(
      await screen.findByText(/Gave up after 9 attempts/),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('button', { name: /Send again/ }));
    expect(redeliverWebhook).toHaveBeenCalledWith({
      params: { id: 'w-1', deliveryId: 'd-1' },
      body: {},
    });
  });
});
