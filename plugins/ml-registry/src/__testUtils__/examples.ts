import type {
  Model,
  ModelVersion,
  Promotion,
  Run,
  VersionSummary,
} from '@downstage/plugin-ml-registry-common';
import type { ModelEntity } from '@downstage/plugin-ml-catalog-common';

/** Data to look at: the example company's model, as the registry would answer. */
export function aVersion(change: Partial<ModelVersion> = {}): ModelVersion {
  const version = change.version ?? 2;
  return {
    ref: `default/tumour-malignancy@${version}`,
    modelRef: 'model:default/tumour-malignancy',
    version,
    stage: 'staging',
    aliases: [],
    owner: 'group:default/diagnostics',
    tags: {},
    status: 'READY',
    source: `runs:/run${version}/model`,
    artifactUri: 'mlflow-artifacts:/1/run2/artifacts/model',
    runId: `run${version}`,
    experimentId: '1',
    createdAt: '2026-11-20T10:00:00.000Z',
    createdBy: 'user:default/ann',
    metrics: { auc: 0.994, accuracy: 0.965 },
    params: { C: '0.5', solver: 'lbfgs' },
    flavors: ['onnx', 'python_function'],
    signature: {
      inputs: [
        { name: 'mean radius', type: 'double' },
        { name: 'mean texture', type: 'double', required: false },
      ],
      outputs: [{ name: 'probability', type: 'float', shape: [-1, 2] }],
    },
    datasets: [
      {
        name: 'breast-masses',
        digest: 'a1b2c3',
        ref: 'default/breast-masses@1',
      },
    ],
    features: ['feature:default/cell-nucleus-measurements'],
    commit: '4f2a9e1c',
    environment: 'requirements sha256:77ab',
    jobId: 'j4k9',
    gates: [
      {
        gate: 'auc',
        status: 'passed',
        saw: '0.994',
        wanted: 'at least 0.95',
        message: 'auc is 0.994, which is at least 0.95.',
      },
      {
        gate: 'recall',
        status: 'failed',
        saw: '0.89',
        wanted: 'at least 0.92',
        message: 'recall is 0.89, below 0.92.',
        how: 'Train with a lower threshold, or ask the owners to change the gate.',
      },
    ],
    ...change,
  };
}

export function aSummary(change: Partial<VersionSummary> = {}): VersionSummary {
  const version = change.version ?? 1;
  return {
    ref: `default/tumour-malignancy@${version}`,
    version,
    stage: 'production',
    metrics: { auc: 0.981, accuracy: 0.951 },
    createdAt: '2026-11-18T09:00:00.000Z',
    ...change,
  };
}

export function aModel(change: Partial<Model> = {}): Model {
  const name = change.name ?? 'tumour-malignancy';
  return {
    ref: `model:default/${name}`,
    namespace: 'default',
    name,
    description: 'Tells malignant from benign breast masses',
    owner: 'group:default/diagnostics',
    risk: 'limited',
    hasEntity: true,
    versionCount: 2,
    latestVersion: 2,
    production: aSummary(),
    pendingPromotions: 0,
    createdAt: '2026-11-18T09:00:00.000Z',
    updatedAt: '2026-11-20T10:00:00.000Z',
    ...change,
  };
}

export function aPromotion(change: Partial<Promotion> = {}): Promotion {
  return {
    id: 'p1',
    modelRef: 'model:default/tumour-malignancy',
    version: 2,
    versionRef: 'default/tumour-malignancy@2',
    from: 'staging',
    to: 'production',
    state: 'waiting-for-approval',
    requestedBy: 'user:default/ann',
    author: 'user:default/ann',
    owner: 'group:default/diagnostics',
    reason: 'Better on the held-out data of November',
    gates: [aVersion().gates[0]],
    evidence: {
      at: '2026-11-20T11:00:00.000Z',
      metrics: { auc: 0.994, accuracy: 0.965 },
      datasets: aVersion().datasets,
      champion: aSummary(),
      runId: 'run2',
    },
    approvals: [],
    approvalsNeeded: 1,
    createdAt: '2026-11-20T11:00:00.000Z',
    ...change,
  };
}

export function aRun(change: Partial<Run> = {}): Run {
  return {
    runId: 'run2',
    name: 'brave-auk-2',
    experimentId: '1',
    experimentName: 'tumour-malignancy',
    status: 'FINISHED',
    userId: 'user:default/ann',
    startTime: '2026-11-20T09:00:00.000Z',
    endTime: '2026-11-20T09:01:30.000Z',
    params: { C: '0.5', solver: 'lbfgs' },
    metrics: { auc: 0.994, loss: 0.12 },
    tags: { 'downstage.model': 'model:default/tumour-malignancy' },
    datasets: aVersion().datasets,
    jobId: 'j4k9',
    owner: 'group:default/diagnostics',
    ...change,
  };
}

export const aModelEntity: ModelEntity = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { namespace: 'default', name: 'tumour-malignancy' },
  spec: {
    type: 'classifier',
    lifecycle: 'production',
    owner: 'group:default/diagnostics',
    evaluation: {
      primaryMetric: { name: 'auc', goal: 'maximize' },
      gates: [{ metric: 'auc', min: 0.95 }],
    },
  },
  relations: [{ type: 'ownedBy', targetRef: 'group:default/diagnostics' }],
};
