import { screen } from '@testing-library/react';
import { aRun } from '../../__testUtils__/examples';
import { fakeRegistry } from '../../__testUtils__/fakeRegistry';
import { renderWithRegistry } from '../../__testUtils__/renderWithRegistry';
import type { MlRegistryApi } from '../../shared/api';
import { ReproductionResult } from './ReproductionResult';

const metric = (name: string, again: number) => ({
  metric: name,
  original: 0.9,
  again,
  difference: again - 0.9,
  equal: again === 0.9,
});

const getReproduction: MlRegistryApi['getReproduction'] = async () => ({
  ref: 'default/churn@3',
  possible: true,
  reasons: [],
  command: 'reproduce',
  pinned: { datasets: [], parameters: {} },
  tolerance: { absolute: 0, relative: 0 },
  attempts: [
    {
      jobId: 'j1',
      requestedBy: 'user:default/ann',
      at: '2026-11-20T10:00:00.000Z',
      outcome: 'different',
      metrics: [metric('auc', 0.9), metric('f1', 0.8)],
    },
  ],
});

describe('ReproductionResult', () => {
  it('says whether the metrics of a job that trained a version again came out equal', async () => {
    const searchRuns = async () => ({
      items: [aRun({ tags: { 'downstage.reproduces': 'default/churn@3' } })],
    });
    renderWithRegistry(<ReproductionResult jobId="j1" />, {
      registry: fakeRegistry({}, { searchRuns, getReproduction }),
    });
    expect(
      await screen.findByText('1 of 2 metrics equal to those of'),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('link', { name: 'default/churn@3' }),
    ).toHaveAttribute(
      'href',
      '/catalog/default/model/churn/versions?version=3&tab=reproduce',
    );
  });
});
