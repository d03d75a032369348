import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { aRun } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { ComparePage } from './ComparePage';

// jsdom lays nothing out, so there is nothing to draw on; what the plot is told stays visible.
jest.mock('@downstage/react', () => ({
  ...jest.requireActual('@downstage/react'),
  Plot: (props: { label: string }) => (
    <div role="img" aria-label={props.label} />
  ),
}));

const registry = fakeRegistry({
  runs: [
    aRun({ runId: 'a', name: 'first', metrics: { auc: 0.98, loss: 0.2 } }),
    aRun({
      runId: 'b',
      name: 'second',
      params: { C: '1', solver: 'lbfgs' },
      metrics: { auc: 0.99, loss: 0.2 },
    }),
  ],
});

describe('ComparePage', () => {
  it('marks differences in words and can hide the rest', async () => {
    renderWithRegistry(<ComparePage />, { registry, path: '/?runs=a,b' });
    const params = await screen.findByRole('table', { name: 'Params' });
    expect(
      within(within(params).getByRole('row', { name: /^C/ })).getByText(
        '≠ differs',
      ),
    ).toBeInTheDocument();
    expect(
      within(within(params).getByRole('row', { name: /^solver/ })).queryByText(
        '≠ differs',
      ),
    ).toBeNull();

    const metrics = screen.getByRole('table', { name: 'Metrics' });
    expect(within(metrics).getByLabelText('highest')).toBeInTheDocument();

    await userEvent.click(
      screen.getByRole('switch', { name: 'Only differences' }),
    );
    expect(screen.queryByRole('row', { name: /^solver/ })).toBeNull();
  });

  it('draws the plot that the address names, with what it chooses', async () => {
    renderWithRegistry(<ComparePage />, {
      registry,
      path: '/?runs=a,b&tab=scatter&x=params.C&y=metrics.auc',
    });
    expect(
      await screen.findByRole('img', {
        name: 'auc over C, one point a run, 2 runs',
      }),
    ).toBeInTheDocument();
    await userEvent.click(screen.getByRole('tab', { name: 'Curves' }));
    expect(
      await screen.findByRole('img', { name: 'loss by Step' }),
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('tab', { name: 'Parallel coordinates' }),
    );
    expect(
      screen.getByRole('img', { name: /one line a run through 2 runs/ }),
    ).toBeInTheDocument();
    await userEvent.click(
      screen.getByRole('tab', { name: 'Parameter importance' }),
    );
    expect(
      screen.getByText(/At least five runs with the metric/),
    ).toBeInTheDocument();
  });

  it('asks for two runs when the address names fewer', async () => {
    renderWithRegistry(<ComparePage />, { registry, path: '/?runs=a' });
    expect(
      await screen.findByText('Choose runs to compare'),
    ).toBeInTheDocument();
  });

  it('says which run is missing', async () => {
    renderWithRegistry(<ComparePage />, { registry, path: '/?runs=a,gone' });
    expect(
      await screen.findByText("There is no run 'gone'"),
    ).toBeInTheDocument();
  });
});
