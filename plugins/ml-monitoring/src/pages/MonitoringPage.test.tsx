import { screen, within } from '@testing-library/react';
import { monitor, show } from '../__testUtils__/show';
import { MonitoringPage } from './MonitoringPage';

describe('the Monitoring page', () => {
  it('lists watched models as the server orders them', async () => {
    const calm = {
      ...monitor,
      id: 'model:default/calm',
      ref: 'model:default/calm',
      modelRef: 'model:default/calm',
      status: 'ok' as const,
      openEpisode: undefined,
    };
    show(<MonitoringPage />, {
      api: { listMonitors: async () => ({ items: [monitor, calm] }) },
    });
    const table = await screen.findByRole('table');
    const [, first, second] = within(table).getAllByRole('row');
    expect(first).toHaveTextContent(/tumour-malignancy.*Drifted.*mean_radius/);
    expect(second).toHaveTextContent(/calm.*No drift/);
    expect(
      within(first).getByRole('link', { name: 'tumour-malignancy' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/monitoring',
    );
  });

  it('says how a model comes to be watched when none is', async () => {
    show(<MonitoringPage />, {
      api: { listMonitors: async () => ({ items: [] }) },
    });
    expect(
      await screen.findByText('No model is watched yet'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Look at the endpoints' }),
    ).toHaveAttribute('href', '/endpoints');
  });

  it('shows that it is loading', async () => {
    show(<MonitoringPage />, {
      api: { listMonitors: () => new Promise(() => {}) },
    });
    expect(await screen.findByLabelText('Loading')).toBeInTheDocument();
  });

  it('gives the reason when monitors cannot be asked for', async () => {
    show(<MonitoringPage />, {
      api: {
        listMonitors: async () => {
          throw new Error('The portal does not answer');
        },
      },
    });
    expect(
      await screen.findByText('The portal does not answer'),
    ).toBeInTheDocument();
  });
});
