import type { ReactElement } from 'react';
import type {
  Monitor,
  Window,
  WindowSummary,
} from '@downstage/plugin-ml-monitoring-common';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import { mlMonitoringApiRef, type MlMonitoringApi } from '../api';

const owner = 'group:default/diagnostics';
export const entity = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'tumour-malignancy', namespace: 'default' },
  spec: { type: 'classifier', owner },
  relations: [{ type: 'ownedBy', targetRef: owner }],
};

const summary: WindowSummary = {
  id: 'w2',
  monitorRef: 'model:default/tumour-malignancy',
  monitorId: 'model:default/tumour-malignancy',
  kind: 'drift',
  version: 7,
  from: '2026-11-20T10:00:00Z',
  to: '2026-11-20T11:00:00Z',
  rows: 300,
  status: 'drift',
  message: '1 of 2 columns drifted from the baseline',
  trigger: 'schedule',
  maxPsi: 0.84,
  maxColumn: 'mean_radius',
  driftedColumns: ['mean_radius'],
  createdAt: '2026-11-20T11:00:05Z',
};
const shared = {
  role: 'feature',
  bins: 2,
  baselineRows: 569,
  windowRows: 300,
  thresholds: { warning: 0.1, drift: 0.2 },
} as const;
export const drifted: Window = {
  ...summary,
  epsilon: 0.0001,
  signals: [],
  columns: [
    {
      ...shared,
      column: 'feature.texture',
      name: 'texture',
      kind: 'numeric',
      status: 'ok',
      psi: 0.01,
      criticalValue: 0.05,
      significant: false,
      findings: [],
      histogram: {
        labels: ['≤ 5', '> 5'],
        baseline: [300, 269],
        window: [150, 150],
      },
    },
    {
      ...shared,
      column: 'feature.mean_radius',
      name: 'mean_radius',
      kind: 'numeric',
      status: 'drift',
      psi: 0.84,
      criticalValue: 0.05,
      significant: true,
      findings: [
        {
          kind: 'out_of_range',
          severity: 'warning',
          message: '12 % lie outside 6.9 to 28.1 (0 below, 36 above)',
        },
      ],
      histogram: {
        labels: ['≤ 14', '> 14'],
        baseline: [300, 269],
        window: [40, 260],
      },
    },
  ],
};
export const monitor: Monitor = {
  id: summary.monitorId,
  kind: 'drift',
  name: 'default',
  ref: summary.monitorRef,
  modelRef: summary.monitorRef,
  owner,
  version: 7,
  status: 'drift',
  message: summary.message,
  thresholds: { warning: 0.1, drift: 0.2 },
  settings: {},
  latestWindow: summary,
  openEpisode: { since: '2026-11-20T11:00:05Z', columns: ['mean_radius'] },
};

/** A monitoring that answers with the examples, unless told otherwise. */
export function fakeApi(api: Partial<MlMonitoringApi> = {}): MlMonitoringApi {
  const notHere = async () => {
    throw new Error('Not expected here');
  };
  return {
    listMonitors: async () => ({ items: [monitor] }),
    countMonitors: async () => ({ total: 1, byStatus: { drift: 1 } }),
    getMonitor: async () => monitor,
    listWindows: async () => ({ items: [summary] }),
    getWindow: async () => drifted,
    getBaseline: notHere,
    evaluateMonitor: async () => drifted,
    listDetectors: async () => ({ items: [] }),
    getNamedMonitor: async () => monitor,
    saveMonitor: notHere,
    sendLabels: notHere,
    deleteMonitor: notHere,
    listNamedWindows: async () => ({ items: [summary] }),
    evaluateNamedMonitor: async () => drifted,
    retrainModel: async () => ({
      jobId: 'k3v9',
      sameModel: false,
      message: '',
    }),
    previewRetraining: async () => ({
      repeats: 'job1',
      inputs: [],
      sameData: false,
    }),
    ...api,
  };
}

/** Renders a page as somebody of `groups` sees it, over a monitoring that answers as `api` says. */
export function show(
  element: ReactElement,
  options: {
    api?: Partial<MlMonitoringApi>;
    groups?: string[];
    address?: string;
  } = {},
) {
  const api = fakeApi(options.api);
  return renderInTestApp(
    <EntityProvider entity={entity}>{element}</EntityProvider>,
    {
      initialRouteEntries: [options.address ?? '/'],
      apis: [
        [mlMonitoringApiRef, api],
        [
          identityApiRef,
          mockApis.identity({
            userEntityRef: 'user:default/ann',
            ownershipEntityRefs: options.groups ?? [owner],
          }),
        ],
      ],
    },
  );
}
