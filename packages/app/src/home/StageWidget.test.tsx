import { screen } from '@testing-library/react';
import {
  renderInTestApp,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { discoveryApiRef, fetchApiRef } from '@backstage/frontend-plugin-api';
import { StageWidget } from './StageWidget';

describe('the home page', () => {
  it('names a model whose predictions are wrong, though nothing drifts', async () => {
    const monitor = {
      id: 'model:default/churn/performance/weekly',
      kind: 'performance',
      name: 'weekly',
      ref: 'model:default/churn',
      modelRef: 'model:default/churn',
      status: 'drift',
      message: '60 % of the labelled predictions are right',
      thresholds: { warning: 0.9, drift: 0.8 },
      settings: {},
    };
    const answers: Record<string, unknown> = {
      '/v1/model-counts': { total: 1, inProduction: 1, pendingPromotions: 0 },
      '/v1/jobs': { items: [] },
      '/v1/endpoint-counts': { total: 1, states: { ready: 1 } },
      '/v1/monitor-counts': { total: 1, byStatus: { ok: 1 } },
    };
    const fetched = async (input: RequestInfo | URL) => {
      const { pathname, searchParams } = new URL(String(input));
      // As the server does: of drift alone unless kinds are named.
      const items = searchParams.get('kind') === 'all' ? [monitor] : [];
      return Response.json(
        pathname === '/v1/monitors' ? { items } : answers[pathname],
      );
    };
    await renderInTestApp(
      <TestApiProvider
        apis={[
          [discoveryApiRef, { getBaseUrl: async () => 'http://portal' }],
          [fetchApiRef, { fetch: fetched }],
        ]}
      >
        <StageWidget />
      </TestApiProvider>,
    );
    const alarm = await screen.findByText(
      'churn beyond its limit of performance · weekly',
    );
    expect(alarm.closest('a')).toHaveAttribute(
      'href',
      '/catalog/default/model/churn/monitoring?monitor=performance/weekly',
    );
    expect(screen.queryByText('nothing unusual')).not.toBeInTheDocument();
  });
});
