import { ConflictError, NotFoundError } from '@backstage/errors';
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { drifted, monitor, show } from '../__testUtils__/show';
import { MonitoringCard } from './MonitoringCard';
import { MonitoringContent } from './MonitoringContent';

describe('the Monitoring tab of a model', () => {
  it('shows the status with its reason, the windows and the worst column first', async () => {
    show(<MonitoringContent />);
    expect((await screen.findAllByText('Drifted'))[0]).toBeInTheDocument();
    expect(
      screen.getAllByText('1 of 2 columns drifted from the baseline')[0],
    ).toBeInTheDocument();
    expect(
      await screen.findByRole('img', {
        name: /Largest PSI of each window.*0.1 and 0.2/,
      }),
    ).toBeInTheDocument();
    const table = await screen.findByRole('grid');
    const [, first, second] = within(table).getAllByRole('row');
    expect(first).toHaveTextContent(/mean_radius.*0\.84.*more than chance/);
    expect(first).toHaveTextContent('12 % lie outside 6.9 to 28.1');
    expect(second).toHaveTextContent(/texture.*may be chance/);
    expect(
      screen.getByText('mean_radius: baseline and window'),
    ).toBeInTheDocument();
  });

  it('shows the window and the column of the address', async () => {
    const getWindow = jest.fn(async () => ({ ...drifted, id: 'w1' }));
    show(<MonitoringContent />, {
      address: '/?window=w1&column=texture',
      api: { getWindow },
    });
    expect(
      await screen.findByText('texture: baseline and window'),
    ).toBeInTheDocument();
    expect(getWindow).toHaveBeenCalledWith(
      { params: { id: 'w1' } },
      expect.anything(),
    );
    expect(screen.getByRole('link', { name: 'mean_radius' })).toHaveAttribute(
      'href',
      expect.stringContaining('?window=w1&column=mean_radius'),
    );
  });

  it('says in place of the histogram why it is not shown, and keeps what moved', async () => {
    const withheld =
      'Window w1 shows values of dataset:default/masses. Ask group:default/diagnostics for a grant';
    const columns = drifted.columns.map(({ histogram, ...column }) => ({
      ...column,
      findings: [],
    }));
    show(<MonitoringContent />, {
      api: {
        getWindow: async () => ({
          ...drifted,
          columns,
          withheld,
          withheldDataset: 'dataset:default/masses',
        }),
      },
    });
    expect(await screen.findByText(withheld)).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Access of masses' }),
    ).toHaveAttribute('href', '/catalog/default/dataset/masses');
    const table = await screen.findByRole('grid');
    expect(within(table).getAllByRole('row')[1]).toHaveTextContent(
      /mean_radius.*0\.84/,
    );
  });

  it('shows another monitor of the model, what it measured and why (W12)', async () => {
    const volume = {
      ...monitor,
      id: `${monitor.ref}/volume/daily`,
      kind: 'volume',
      name: 'daily',
      status: 'unknown' as const,
      message: 'no memory',
    };
    const getNamedMonitor = jest.fn(async () => volume);
    show(<MonitoringContent />, {
      address: '/?monitor=volume/daily',
      api: {
        getNamedMonitor,
        listMonitors: async () => ({ items: [monitor, volume] }),
        getWindow: async () => ({
          ...drifted,
          kind: 'volume',
          columns: [],
          signals: [
            {
              name: 'volume',
              metric: 'rows',
              value: 8,
              unit: 'predictions',
              thresholds: { warning: 20, drift: 10 },
              state: 'drift',
              message: '8 predictions; at least 20 are expected',
            },
          ],
        }),
      },
    });
    expect(
      await screen.findByText('Monitor of volume: daily'),
    ).toBeInTheDocument();
    expect(screen.getByText('Not judged')).toBeInTheDocument();
    const table = await screen.findByRole('grid');
    expect(within(table).getAllByRole('row')[1]).toHaveTextContent(
      /volume.*8 predictions.*20 \/ 10.*Beyond its limit.*at least 20/,
    );
    expect(getNamedMonitor).toHaveBeenCalledWith(
      {
        params: {
          namespace: 'default',
          name: 'tumour-malignancy',
          kind: 'volume',
          monitor: 'daily',
        },
      },
      expect.anything(),
    );
  });

  it('lets an owner close a window and looks at it', async () => {
    const evaluateMonitor = jest.fn(async () => ({ ...drifted, id: 'w3' }));
    const getWindow = jest.fn(async () => drifted);
    show(<MonitoringContent />, { api: { evaluateMonitor, getWindow } });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Evaluate now' }),
    );
    expect(evaluateMonitor).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy' },
    });
    expect(getWindow).toHaveBeenLastCalledWith(
      { params: { id: 'w3' } },
      expect.anything(),
    );
  });

  it('says why it could not be evaluated', async () => {
    show(<MonitoringContent />, {
      api: {
        evaluateMonitor: async () => {
          throw new ConflictError('There is no baseline yet');
        },
      },
    });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Evaluate now' }),
    );
    expect(
      await screen.findByText('There is no baseline yet'),
    ).toBeInTheDocument();
  });

  it('asks before it retrains, and leads to the job', async () => {
    const message = 'Retraining will give the same model.';
    const retrainModel = jest.fn(async () => ({
      jobId: 'k3v9',
      sameModel: true,
      message,
    }));
    const masses = 'default/masses@1';
    const previewRetraining = async () => ({
      repeats: 'job1',
      inputs: [{ name: 'data', before: masses, newest: masses }],
      sameData: true,
    });
    show(<MonitoringContent />, { api: { retrainModel, previewRetraining } });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Retrain' }),
    );
    expect(retrainModel).not.toHaveBeenCalled();
    expect(
      await screen.findByText(/Data: default\/masses@1, same as before/),
    ).toBeInTheDocument();
    await userEvent.click(
      await screen.findByRole('button', { name: 'Submit the job' }),
    );
    expect(retrainModel).toHaveBeenCalledWith({
      params: { namespace: 'default', name: 'tumour-malignancy' },
      body: { reason: '1 of 2 columns drifted from the baseline' },
    });
    expect(
      await screen.findByRole('link', { name: 'Follow the job' }),
    ).toHaveAttribute('href', '/training/jobs/k3v9');
    expect(screen.getByText(`k3v9. ${message}`)).toBeInTheDocument();
  });

  it('offers people of another team nothing to change, and names the owners', async () => {
    show(<MonitoringContent />, { groups: ['group:default/credit'] });
    expect(
      await screen.findByText(/owners evaluate and retrain it:/),
    ).toHaveTextContent(/owners evaluate and retrain it: diagnostics/);
    expect(screen.queryByRole('button', { name: 'Retrain' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Evaluate now' })).toBeNull();
  });

  it('says what to do when the model is not deployed', async () => {
    show(<MonitoringContent />, {
      api: {
        getMonitor: async () => {
          throw new NotFoundError('not watched');
        },
      },
    });
    expect(
      await screen.findByRole('link', { name: 'Open the Serving tab' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/serving',
    );
  });

  it('says that the monitor of the address is gone, and leads to that of drift', async () => {
    show(<MonitoringContent />, {
      address: '/?monitor=performance/weekly',
      api: {
        getNamedMonitor: async () => {
          throw new NotFoundError('no such monitor');
        },
      },
    });
    expect(
      await screen.findByText('There is no monitor performance/weekly'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Show the drift monitor' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/monitoring',
    );
    expect(screen.queryByText('This model is not watched')).toBeNull();
  });

  it('says what to do before the first window', async () => {
    show(<MonitoringContent />, {
      api: {
        getMonitor: async () => ({
          ...monitor,
          status: 'no_data',
          latestWindow: undefined,
          openEpisode: undefined,
        }),
        listWindows: async () => ({ items: [] }),
      },
    });
    expect(
      await screen.findByText('No window has been closed yet'),
    ).toBeInTheDocument();
  });

  it('gives the reason when monitoring does not answer', async () => {
    show(<MonitoringContent />, {
      api: {
        getMonitor: async () => {
          throw new Error('The portal does not answer');
        },
      },
    });
    expect(
      await screen.findByText('The portal does not answer'),
    ).toBeInTheDocument();
  });
});

describe('the card on the overview of a model', () => {
  it('shows the status and leads to the tab', async () => {
    show(<MonitoringCard />);
    expect(await screen.findByText('Drifted')).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Open monitoring' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/tumour-malignancy/monitoring',
    );
  });
});
