import type { Contract, TokenScope } from '@downstage/common';
import { mlDataContract } from '@downstage/plugin-ml-data-common';
import { mlJobsContract } from '@downstage/plugin-ml-jobs-common';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import { mlTokensContract } from '@downstage/plugin-ml-tokens-common';
import { credit, diagnostics } from './securedPortal';

/** Which token may use an operation at all: the scope, or `person` where no token may, or `service`. */
type Needs = TokenScope | 'person' | 'service' | 'any';
export type Row = {
  needs: Needs;
  /** It changes something, so that people of another team are refused. */
  changes?: boolean;
  query?: Record<string, string | number>;
  body?: object;
};
const reads = (query?: Row['query']): Row => ({ needs: 'read', query });
const changes = (needs: Needs, body?: object): Row => ({
  needs,
  changes: true,
  body,
});

/** One row an operation. An operation without a row fails, so that next year's operation is in it. */
export const contractTable: Record<
  string,
  { contract: Contract; rows: Record<string, Row> }
> = {
  'ml-data': {
    contract: mlDataContract,
    rows: {
      listDatasets: reads(),
      handOverDataset: changes('person', { owner: credit }),
      listDatasetVersions: reads(),
      getDatasetVersion: reads(),
      registerDatasetVersion: changes('data'),
      // Nothing is kept, but files are read with the rights of a registration.
      previewDatasetVersion: changes('data'),
      startDatasetRegistration: changes('data'),
      listDatasetRegistrations: reads(),
      getDatasetRegistration: reads(),
      cancelDatasetRegistration: changes('data'),
      getDatasetAccess: reads(),
      checkDatasetAccess: reads(),
      listDatasetGrants: reads(),
      grantDatasetAccess: changes('person'),
      revokeDatasetGrant: changes('person'),
      diffDatasetVersions: reads({ from: 1, to: 2 }),
      resolveDatasetVersion: reads(),
    },
  },
  'ml-jobs': {
    contract: mlJobsContract,
    rows: {
      submitJob: changes('train', {
        source: { repository: '/nowhere' },
        owner: diagnostics,
      }),
      listJobs: reads(),
      getJob: reads(),
      cancelJob: changes('train'),
      holdJob: changes('train'),
      releaseJob: changes('train'),
      rerunJob: changes('train'),
      getJobLog: reads(),
      explainJob: reads(),
      getJobSamples: reads(),
      getQueue: reads(),
      listUsage: reads(),
      introspectToken: { needs: 'service' },
    },
  },
  'ml-serving': {
    contract: mlServingContract,
    rows: {
      listEndpoints: reads(),
      countEndpoints: reads(),
      judgeVersion: reads(),
      createEndpoint: changes('serve', { modelRef: 'model:default/churn' }),
      getEndpoint: reads(),
      updateEndpoint: changes('serve'),
      deleteEndpoint: changes('serve'),
      predict: { needs: 'predict' },
      // Answers for the asker itself.
      decideAccess: { needs: 'any' },
      getInputExample: reads(),
      listRollouts: reads(),
      getTraffic: reads(),
      getPredictionLog: reads(),
      rollPredictionLog: changes('serve'),
      countPredictions: reads({ version: 1 }),
      // Rows hold what callers sent: plugins read them, and nobody else.
      listPredictionLogFiles: { needs: 'service' },
    },
  },
  'ml-monitoring': {
    contract: mlMonitoringContract,
    rows: {
      listMonitors: reads(),
      countMonitors: reads(),
      getMonitor: reads(),
      listWindows: reads(),
      getWindow: reads(),
      getBaseline: reads(),
      evaluateMonitor: changes('monitor'),
      listDetectors: reads(),
      getNamedMonitor: reads(),
      saveMonitor: changes('person'),
      deleteMonitor: changes('person'),
      listNamedWindows: reads(),
      evaluateNamedMonitor: changes('monitor'),
      sendLabels: changes('monitor', {
        labels: [{ predictionId: '0b6c1d7e/0', label: 1 }],
      }),
      previewRetraining: reads(),
      retrainModel: changes('monitor'),
    },
  },
  'ml-tokens': {
    contract: mlTokensContract,
    rows: {
      listTokens: { needs: 'person' },
      listScopes: { needs: 'person' },
      createToken: { needs: 'person' },
      revokeToken: { needs: 'person' },
      getCurrentToken: { needs: 'any' },
    },
  },
  'ml-registry': {
    contract: mlRegistryContract,
    rows: {
      listModels: reads(),
      countModels: reads(),
      getModel: reads(),
      listModelVersions: reads(),
      getModelVersion: reads(),
      listVersionArtifacts: reads(),
      previewPromotion: reads({ stage: 'production' }),
      requestPromotion: changes('promote'),
      listPromotions: reads(),
      countPromotions: reads(),
      getPromotion: reads(),
      approvePromotion: changes('person'),
      rejectPromotion: changes('person'),
      withdrawPromotion: changes('promote'),
      rollbackModel: changes('promote'),
      listModelHistory: reads(),
      listExperiments: reads(),
      searchRuns: reads(),
      getRun: reads(),
      updateRun: changes('track'),
      getMetricHistory: reads({ key: 'auc' }),
      listRunArtifacts: reads(),
      getVersionCard: reads(),
      saveVersionCard: changes('register'),
      getModelSignature: reads(),
      verifyModelSignature: changes('register'),
      compareVersions: reads({ left: 1, right: 2 }),
      getReproduction: reads(),
      reproduceVersion: changes('person'),
      claimModel: changes('register', { owner: credit }),
      listLedger: reads(),
      productionOn: reads({ at: '2026-01-01T00:00:00Z' }),
      productionChanges: reads({
        from: '2026-01-01T00:00:00Z',
        to: '2026-02-01T00:00:00Z',
      }),
      previewGarbage: changes('person'),
      listGarbageCollections: { needs: 'person' },
      getGarbageCollection: { needs: 'person' },
      collectGarbage: changes('person'),
      getRunTable: reads(),
      listRunFields: reads(),
      getMetricSeries: reads(),
      listRunModels: reads(),
      deleteRuns: changes('track'),
      restoreRuns: changes('track'),
      listRunViews: reads({ scope: 'experiment:1' }),
      saveRunView: { needs: 'track' },
      deleteRunView: { needs: 'track' },
      listWebhooks: { needs: 'person' },
      createWebhook: changes('person'),
      updateWebhook: changes('person'),
      deleteWebhook: changes('person'),
      testWebhook: changes('person'),
      listWebhookDeliveries: { needs: 'person' },
      redeliverWebhook: changes('person'),
      startImport: changes('person'),
      listImports: { needs: 'person' },
      getImport: { needs: 'person' },
      listImportOmissions: { needs: 'person' },
      cancelImport: changes('person'),
      searchModelVersions: reads(),
      waiveGate: changes('person'),
      breakGlass: changes('person'),
    },
  },
};
