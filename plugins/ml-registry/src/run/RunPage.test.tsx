import { NotAllowedError } from '@backstage/errors';
import { screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router-dom';
import { aRun } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { aTablePage } from '../__testUtils__/fakeRunPages';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { RunPage } from './RunPage';
import { RunsPage } from '../runs/RunsPage';

jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: (props: { label: string }) => (
    <div role="img" aria-label={props.label} />
  ),
}));

/** The blob of the test environment cannot be read as text. */
function textBlob(text: string): Blob {
  return Object.assign(new Blob([text]), { text: async () => text });
}

const page = (
  <Routes>
    <Route path="/runs/:runId" element={<RunPage />} />
  </Routes>
);

describe('RunPage', () => {
  it('leads from a run that there is not to the list', async () => {
    renderWithRegistry(page, {
      registry: fakeRegistry({ runs: [] }),
      path: '/runs/zzz',
    });
    expect(
      await screen.findByRole('link', { name: 'Show all runs' }),
    ).toHaveAttribute('href', '/models/runs');
  });

  it('shows params, tags and code first, and curves on a tab that the address names', async () => {
    renderWithRegistry(page, {
      registry: fakeRegistry({
        runs: [aRun({ metrics: { auc: 0.99, loss: 0.1, 'system/cpu': 5 } })],
      }),
      path: '/runs/run2',
    });
    expect(
      within(await screen.findByRole('table', { name: 'Params' })).getByText(
        'lbfgs',
      ),
    ).toBeInTheDocument();
    expect(screen.getByRole('link', { name: 'j4k9' })).toHaveAttribute(
      'href',
      '/training/jobs/j4k9',
    );
    await userEvent.click(screen.getByRole('tab', { name: 'Metrics' }));
    expect(
      await screen.findByRole('img', { name: 'loss by Step' }),
    ).toBeInTheDocument();
    expect(screen.queryByRole('img', { name: 'auc by Step' })).toBeNull();
    expect(
      screen.getByRole('table', { name: 'Metrics with one point' }),
    ).toHaveTextContent('auc');
    expect(screen.queryByText('system/cpu')).toBeNull();
  });

  it('shows the curve of a loss that ended in NaN, and says that it did', async () => {
    renderWithRegistry(page, {
      registry: fakeRegistry({
        runs: [aRun({ metrics: { auc: 0.99 }, notFinite: { loss: 'NaN' } })],
      }),
      path: '/runs/run2',
    });
    expect(
      await screen.findByRole('table', { name: 'Metrics' }),
    ).toHaveTextContent('lossNaN');
    await userEvent.click(screen.getByRole('tab', { name: 'Metrics' }));
    expect(
      await screen.findByRole('img', { name: 'loss by Step' }),
    ).toBeInTheDocument();
  });

  it('asks again for the window that the address names', async () => {
    const registry = fakeRegistry({ runs: [aRun()] });
    const getMetricSeries = jest.spyOn(registry, 'getMetricSeries');
    renderWithRegistry(page, {
      registry,
      path: '/runs/run2?tab=metrics&zoom=100..200&scale=log',
    });
    await screen.findByRole('img', { name: 'loss by Step' });
    expect(getMetricSeries.mock.calls[0][0].query).toMatchObject({
      from: 98,
      to: 202,
      axis: 'step',
    });
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
    await waitFor(() =>
      expect(getMetricSeries.mock.lastCall?.[0].query).not.toHaveProperty(
        'from',
      ),
    );
  });

  it('shows a file that is chosen, as a table where it is one', async () => {
    const registry = fakeRegistry(
      { runs: [aRun()] },
      {
        listRunArtifacts: async () => ({
          items: [{ path: 'scores.csv', isDir: false, size: 20 }],
        }),
        downloadArtifact: async () => textBlob('row,label\n1,fraud\n'),
      },
    );
    renderWithRegistry(page, { registry, path: '/runs/run2?tab=artifacts' });
    await userEvent.click(
      await screen.findByRole('button', { name: 'scores.csv' }),
    );
    expect(
      await screen.findByRole('table', { name: 'Rows of scores.csv' }),
    ).toHaveTextContent('label');
    expect(screen.getByText('1 row')).toBeInTheDocument();
  });

  it('says in place of a file whose data it shows and whom to ask', async () => {
    const message =
      'The file scores.csv may show dataset:default/scans. Ask group:default/diagnostics for a grant';
    const registry = fakeRegistry(
      { runs: [aRun()] },
      {
        listRunArtifacts: async () => ({
          items: [{ path: 'scores.csv', isDir: false, size: 20 }],
        }),
        downloadArtifact: async () => {
          throw Object.assign(new NotAllowedError(message), {
            code: 'ml-data.access-needed',
            dataset: 'dataset:default/scans',
          });
        },
      },
    );
    renderWithRegistry(page, { registry, path: '/runs/run2?tab=artifacts' });
    await userEvent.click(
      await screen.findByRole('button', { name: 'scores.csv' }),
    );
    expect(await screen.findByText(message)).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'Access of scans' }),
    ).toHaveAttribute('href', '/catalog/default/dataset/scans');
    await userEvent.click(screen.getByRole('button', { name: 'Download' }));
    expect(await screen.findAllByText(message)).toHaveLength(2);
  });

  it('keeps a note that an owner writes', async () => {
    const registry = fakeRegistry({ runs: [aRun()] });
    const updateRun = jest.spyOn(registry, 'updateRun');
    renderWithRegistry(page, { registry, path: '/runs/run2' });
    await userEvent.click(
      await screen.findByRole('button', { name: 'Edit the note' }),
    );
    await userEvent.type(screen.getByRole('textbox', { name: /Note/ }), 'Why');
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(updateRun).toHaveBeenCalledWith({
      params: { runId: 'run2' },
      body: { note: 'Why' },
    });
  });

  it('says which run there is not', async () => {
    renderWithRegistry(page, { registry: fakeRegistry(), path: '/runs/gone' });
    expect(
      await screen.findByText("There is no run 'gone'"),
    ).toBeInTheDocument();
  });
});

describe('RunsPage', () => {
  // The window of the grid has a size only where there is layout.
  beforeEach(() => {
    jest
      .spyOn(HTMLElement.prototype, 'clientHeight', 'get')
      .mockReturnValue(600);
  });
  afterEach(() => jest.restoreAllMocks());

  const two = [
    aRun({ runId: 'a', name: 'first' }),
    aRun({
      runId: 'b',
      name: 'second',
      tags: { 'mlflow.parentRunId': 'a' },
      params: { solver: 'saga' },
    }),
  ];

  it('asks for the runs that the address names', async () => {
    const getRunTable = jest.fn(async () => ({ ...aTablePage([]), total: 0 }));
    renderWithRegistry(<RunsPage />, {
      registry: fakeRegistry({}, { getRunTable }),
      path: '/?job=j4k9&filter=metrics.auc+%3E+0.9&experiment=1&experiment=2',
    });
    expect(await screen.findByText('No run matches')).toBeInTheDocument();
    expect(getRunTable).toHaveBeenCalledWith(
      {
        query: expect.objectContaining({
          job: 'j4k9',
          filter: 'metrics.auc > 0.9',
          experimentId: ['1', '2'],
          deleted: 'false',
        }),
      },
      expect.anything(),
    );
  });

  it('offers to compare once two runs are chosen, children among them', async () => {
    renderWithRegistry(<RunsPage />, { registry: fakeRegistry({ runs: two }) });
    const choose = async (name: string) =>
      userEvent.click(
        await screen.findByRole('checkbox', { name: `Choose ${name}` }),
      );
    await choose('first');
    expect(screen.getByRole('button', { name: 'Compare' })).toBeDisabled();
    expect(screen.queryByRole('row', { name: /second/ })).toBeNull();
    await userEvent.click(screen.getByRole('button', { name: 'Unfold first' }));
    await choose('second');
    expect(
      screen.getByRole('link', { name: 'Compare 2 runs' }),
    ).toHaveAttribute('href', '/models/compare?runs=a,b');
  });

  it('is one tab stop whose cells the arrow keys reach', async () => {
    renderWithRegistry(<RunsPage />, { registry: fakeRegistry({ runs: two }) });
    const grid = await screen.findByRole('grid', { name: 'Runs' });
    expect(grid).toHaveAttribute('aria-rowcount', '2');
    expect(grid.querySelectorAll('[tabindex="0"]')).toHaveLength(1);
    grid.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    await userEvent.keyboard('{ArrowDown} ');
    expect(screen.getByText('1 chosen')).toBeInTheDocument();
    await userEvent.keyboard('{ArrowRight}{ArrowRight}{ArrowRight}');
    expect(document.activeElement).toHaveAttribute('role', 'rowheader');
  });

  it('says what is wrong with a filter where it is, and asks nothing', async () => {
    const registry = fakeRegistry({ runs: two });
    const getRunTable = jest.spyOn(registry, 'getRunTable');
    renderWithRegistry(<RunsPage />, { registry });
    await screen.findByRole('grid', { name: 'Runs' });
    const asked = getRunTable.mock.calls.length;
    await userEvent.type(
      screen.getByRole('combobox', { name: 'Filter' }),
      'metrics.auc > high{Enter}',
    );
    expect(
      await screen.findByText(
        'metrics.auc is compared with a number, not high',
      ),
    ).toBeInTheDocument();
    expect(getRunTable).toHaveBeenCalledTimes(asked);
  });

  it('deletes chosen runs and brings them back', async () => {
    const registry = fakeRegistry({ runs: two });
    const deleteRuns = jest.spyOn(registry, 'deleteRuns');
    const restoreRuns = jest.spyOn(registry, 'restoreRuns');
    renderWithRegistry(<RunsPage />, { registry });
    await userEvent.click(
      await screen.findByRole('checkbox', { name: 'Choose first' }),
    );
    await userEvent.click(screen.getByRole('button', { name: 'Delete' }));
    await userEvent.click(await screen.findByRole('button', { name: 'Undo' }));
    expect(deleteRuns).toHaveBeenCalledWith({ body: { runIds: ['a'] } });
    expect(restoreRuns).toHaveBeenCalledWith({ body: { runIds: ['a'] } });
  });
});
