import type { TokenScope } from '@downstage/common';
import { credit, diagnostics } from './securedPortal';
import type { TrainedModel } from './trainedModel';

/**
 * What an action needs (a scope of a token, or a person). Beside it stands an input such as its owner could send.
 * Actions of `open` change what belongs to nobody in particular.
 */
export type ActionRow = {
  needs: TokenScope | 'person';
  input: object;
  open?: boolean;
};

const model = 'churn';
const modelRef = 'model:default/churn';
const version = 'churn@1';

/** One row an action. An action without a row fails, so that next year's action is in it. */
export function actionTable(trained: TrainedModel): Record<string, ActionRow> {
  const { runId, jobId, promotion, folder } = trained;
  const read = (input: object): ActionRow => ({ needs: 'read', input });
  const person = (input: object): ActionRow => ({ needs: 'person', input });
  const other = (needs: TokenScope, input: object): ActionRow => ({
    needs,
    input,
  });
  return {
    'ml-data:get-dataset-access': read({ dataset: 'dataset:default/churn' }),
    'ml-data:get-dataset-version': read({ dataset: 'default/churn@1' }),
    'ml-data:grant-dataset-access': person({
      dataset: 'dataset:default/churn',
      group: credit,
      purpose: 'Not theirs to give',
      until: '2100-01-01T00:00:00Z',
    }),
    'ml-data:list-datasets': read({}),
    'ml-data:register-dataset-version': other('data', {
      dataset: 'dataset:default/churn',
    }),
    'ml-data:revoke-dataset-grant': person({
      dataset: 'dataset:default/churn',
      id: 'x',
    }),
    'ml-jobs:cancel-job': other('train', { id: jobId }),
    'ml-jobs:explain-job': read({ id: jobId }),
    'ml-jobs:get-job': read({ id: jobId }),
    'ml-jobs:hold-job': other('train', { id: jobId }),
    'ml-jobs:list-jobs': read({}),
    'ml-jobs:release-job': other('train', { id: jobId }),
    'ml-jobs:submit-job': other('train', {
      repository: folder,
      owner: diagnostics,
      model: modelRef,
    }),
    'ml-monitoring:get-drift': read({ model }),
    'ml-monitoring:list-monitors': read({}),
    'ml-monitoring:retrain-model': other('monitor', { model }),
    'ml-registry:approve-promotion': person({ id: promotion }),
    'ml-registry:break-glass': person({
      modelVersion: version,
      reason: 'A reason that is long enough',
      confirm: model,
    }),
    'ml-registry:cancel-import': person({ id: 'x' }),
    'ml-registry:claim-model': other('register', { model, owner: credit }),
    'ml-registry:collect-garbage': person({ id: 'x' }),
    'ml-registry:compare-versions': read({ left: version, right: version }),
    'ml-registry:create-webhook': person({
      name: 'x',
      url: 'https://hooks.example.org/x',
      events: ['*'],
      model: modelRef,
    }),
    'ml-registry:delete-run-view': other('track', { id: 'x' }),
    'ml-registry:delete-runs': other('track', { runIds: [runId] }),
    'ml-registry:delete-webhook': person({ id: 'x' }),
    'ml-registry:get-import': person({}),
    'ml-registry:get-metric-series': read({ runIds: [runId], keys: ['auc'] }),
    'ml-registry:get-model': read({ model }),
    'ml-registry:get-model-card': read({ modelVersion: version }),
    'ml-registry:get-production-on': read({ at: '2026-01-01T00:00:00Z' }),
    'ml-registry:get-reproduction': read({ modelVersion: version }),
    'ml-registry:import-mlflow-server': person({
      uri: 'https://mlflow.example.org',
    }),
    'ml-registry:list-ledger': read({}),
    'ml-registry:list-models': read({}),
    'ml-registry:list-production-changes': read({
      from: '2026-01-01T00:00:00Z',
      to: '2026-02-01T00:00:00Z',
    }),
    'ml-registry:list-promotions': read({}),
    'ml-registry:list-run-views': read({ scope: 'all' }),
    'ml-registry:list-runs': read({}),
    'ml-registry:list-webhook-deliveries': person({ id: 'x' }),
    'ml-registry:list-webhooks': person({}),
    'ml-registry:preview-garbage': person({}),
    'ml-registry:redeliver-webhook': person({ id: 'x', deliveryId: 'x' }),
    'ml-registry:reproduce-version': person({ modelVersion: version }),
    'ml-registry:request-promotion': other('promote', {
      modelVersion: version,
    }),
    'ml-registry:restore-runs': other('track', { runIds: [runId] }),
    'ml-registry:roll-back-model': other('promote', {
      model,
      reason: 'A reason that is long enough',
    }),
    'ml-registry:save-model-card': other('register', {
      modelVersion: version,
      card: {},
    }),
    'ml-registry:save-run-view': {
      needs: 'track',
      input: { scope: 'all', name: 'mine', state: '' },
      open: true,
    },
    'ml-registry:search-model-versions': read({ filter: 'metrics.auc > 0' }),
    'ml-registry:test-webhook': person({ id: 'x' }),
    'ml-registry:update-run': other('track', { runId, name: 'not mine' }),
    'ml-registry:update-webhook': person({ id: 'x', status: 'DISABLED' }),
    'ml-registry:verify-model-signature': other('register', {
      modelVersion: version,
    }),
    'ml-registry:waive-gate': person({
      id: promotion,
      gate: 'x',
      reason: 'A reason that is long enough',
    }),
    'ml-serving:deploy-model': other('serve', { model }),
    'ml-serving:get-endpoint': read({ model }),
    'ml-serving:list-endpoints': read({}),
    'ml-serving:predict': {
      needs: 'predict',
      input: { model, rows: [{}] },
      open: true,
    },
    'ml-tokens:create-token': person({
      name: 'x',
      scopes: ['read'],
      group: diagnostics,
    }),
    'ml-tokens:list-tokens': person({}),
    'ml-tokens:revoke-token': person({ id: 'x' }),
  };
}
