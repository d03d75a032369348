import { screen } from '@testing-library/react';
import { aRun } from '../__testUtils__/examples';
import { fakeRegistry } from '../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../__testUtils__/renderWithRegistry';
import { RunFamily } from './RunFamily';

describe('RunFamily', () => {
  it('leads to the parent and to the children of a run', async () => {
    const searchRuns = jest.fn(async () => ({
      items: [aRun({ runId: 'fold1', name: 'fold 1' })],
    }));
    renderWithRegistry(
      <RunFamily
        run={aRun({ runId: 'search', tags: { 'mlflow.parentRunId': 'all' } })}
      />,
      { registry: fakeRegistry({}, { searchRuns }) },
    );
    expect(await screen.findByRole('link', { name: 'fold 1' })).toHaveAttribute(
      'href',
      '/models/runs/fold1',
    );
    expect(screen.getByRole('link', { name: 'all' })).toHaveAttribute(
      'href',
      '/models/runs/all',
    );
    expect(searchRuns).toHaveBeenCalledWith(
      {
        query: expect.objectContaining({
          filter: "tags.`mlflow.parentRunId` = 'search'",
        }),
      },
      expect.anything(),
    );
  });

  it('calls the parent by its name', async () => {
    const parent = aRun({ runId: 'all', name: 'search of Tuesday' });
    renderWithRegistry(
      <RunFamily run={aRun({ tags: { 'mlflow.parentRunId': 'all' } })} />,
      {
        registry: fakeRegistry(
          { runs: [parent] },
          { searchRuns: async () => ({ items: [] }) },
        ),
      },
    );
    expect(
      await screen.findByRole('link', { name: 'search of Tuesday' }),
    ).toHaveAttribute('href', '/models/runs/all');
  });
});
