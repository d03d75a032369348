import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router-dom';
import { aRun } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { RunPage } from './RunPage';
import { RunsPage } from './RunsPage';

jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: (props: { label: string }) => (
    <div role="img" aria-label={props.label} />
  ),
}));

const page = (
  <Routes>
    <Route path="/runs/:runId" element={<RunPage />} />
  </Routes>
);

describe('RunPage', () => {
  it('shows params, curves of metrics with a history, and opens folders of files', async () => {
    renderWithRegistry(page, {
      registry: fakeRegistry({ runs: [aRun()] }),
      path: '/runs/run2',
    });
    expect(
      await screen.findByRole('img', { name: 'loss by Step' }),
    ).toBeInTheDocument();
    expect(screen.queryByRole('img', { name: 'auc by Step' })).toBeNull();
    expect(
      within(screen.getByRole('table', { name: 'Params' })).getByText('lbfgs'),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'j4k9' })).toHaveAttribute(
      'href',
      '/training/jobs/j4k9',
    );
    await userEvent.click(
      await screen.findByRole('button', { name: 'Open model' }),
    );
    expect(
      await screen.findByRole('button', { name: 'Download model/model.onnx' }),
    ).toBeInTheDocument();
  });

  it('says which run there is not', async () => {
    renderWithRegistry(page, { registry: fakeRegistry(), path: '/runs/gone' });
    expect(
      await screen.findByText("There is no run 'gone'"),
    ).toBeInTheDocument();
  });
});

describe('RunsPage', () => {
  it('asks for the runs that the address names', async () => {
    const searchRuns = jest.fn(async () => ({ items: [] }));
    renderWithRegistry(<RunsPage />, {
      registry: fakeRegistry({}, { searchRuns }),
      path: '/?job=j4k9&filter=metrics.auc+%3E+0.9',
    });
    expect(await screen.findByText('No run matches')).toBeInTheDocument();
    expect(searchRuns).toHaveBeenCalledWith(
      { query: { limit: 50, job: 'j4k9', filter: 'metrics.auc > 0.9' } },
      expect.anything(),
    );
  });

  it('offers to compare once two runs are chosen', async () => {
    renderWithRegistry(<RunsPage />, {
      registry: fakeRegistry({
        runs: [
          aRun({ runId: 'a', name: 'first' }),
          aRun({ runId: 'b', name: 'second' }),
        ],
      }),
    });
    const row = await screen.findByRole('row', { name: /first/ });
    expect(screen.getByRole('button', { name: 'Compare' })).toBeDisabled();
    await userEvent.click(within(row).getByRole('checkbox'));
    await userEvent.click(
      within(screen.getByRole('row', { name: /second/ })).getByRole('checkbox'),
    );
    expect(
      screen.getByRole('link', { name: 'Compare 2 runs' }),
    ).toHaveAttribute('href', '/models/compare?runs=a,b');
  });
});
