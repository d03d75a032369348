import { screen } from '@testing-library/react';
import {
  renderInTestApp,
  TestApiProvider,
} from '@backstage/frontend-test-utils';
import { discoveryApiRef, fetchApiRef } from '@backstage/frontend-plugin-api';
import { jobStateSchema, type Job } from '@downstage/plugin-ml-jobs-common';
import { StageWidget } from './StageWidget';

/** The widget, with a portal behind it that gives these answers by path. */
async function renderWith(
  answers: Record<string, unknown>,
  monitors: (kind: string | null) => unknown[] = () => [],
) {
  const usual: Record<string, unknown> = {
    '/v1/model-counts': { total: 1, inProduction: 1, pendingPromotions: 0 },
    '/v1/jobs': { items: [] },
    '/v1/endpoint-counts': { total: 1, states: { ready: 1 } },
    '/v1/monitor-counts': { total: 1, byStatus: { ok: 1 } },
  };
  const fetched = async (input: RequestInfo | URL) => {
    const { pathname, searchParams } = new URL(String(input));
    return Response.json(
      pathname === '/v1/monitors'
        ? { items: monitors(searchParams.get('kind')) }
        : answers[pathname] ?? usual[pathname],
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
}

describe('the home page', () => {
  it.each(jobStateSchema.options)(
    'shows a newest job that is %s',
    async state => {
      const job: Job = {
        ...{ id: 'j1', name: 'train', state, runtime: 'local-process' },
        ...{ owner: 'group:default/a', createdBy: 'user:default/ann' },
        source: { repository: '/srv/churn' },
        definition: {
          ...{ apiVersion: 'downstage.dev/v1', kind: 'Job' },
          entryPoint: 'python train.py',
        },
        ...{ parameters: {}, inputs: [], warnings: [] },
        ...{ attempts: [], timeline: [] },
        createdAt: '2026-01-01T00:00:00.000Z',
      };
      await renderWith({ '/v1/jobs': { items: [job] } });
      expect(await screen.findByText(`train: ${state}`)).toBeVisible();
    },
  );

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
    // As the server does: of drift alone unless kinds are named.
    await renderWith({}, kind => (kind === 'all' ? [monitor] : []));
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
