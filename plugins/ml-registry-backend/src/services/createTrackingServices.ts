import type { Authorizer } from '@downstage/node';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { ExternalSource } from '../domain/externalSources';
import { SignedPaths } from '../domain/SignedPaths';
import { AssessmentStore } from '../stores/AssessmentStore';
import { ArtifactRowStore } from '../stores/ArtifactRowStore';
import { EvaluationDatasetStore } from '../stores/EvaluationDatasetStore';
import { ExperimentStore } from '../stores/ExperimentStore';
import { LedgerStore } from '../stores/LedgerStore';
import { LoggedModelStore } from '../stores/LoggedModelStore';
import { MetricHistoryStore } from '../stores/MetricHistoryStore';
import { ModelStore, type ModelVersionRow } from '../stores/ModelStore';
import { RunDataStore } from '../stores/RunDataStore';
import { RunStore } from '../stores/RunStore';
import { SearchFactStore } from '../stores/SearchFactStore';
import { TraceStore } from '../stores/TraceStore';
import { UploadStore } from '../stores/UploadStore';
import { AssessmentService } from './AssessmentService';
import { ArtifactService } from './ArtifactService';
import type { GovernancePolicy } from '../domain/policy';
import { GovernanceGuard } from './GovernanceGuard';
import { EvaluationDatasetService } from './EvaluationDatasetService';
import { ExperimentService } from './ExperimentService';
import { LoggedModelService } from './LoggedModelService';
import { MetricHistoryService } from './MetricHistoryService';
import { RegistrationService } from './RegistrationService';
import { RegistryReadService } from './RegistryReadService';
import { RunLogService } from './RunLogService';
import { RunService } from './RunService';
import { ModelFiles } from './ModelFiles';
import { SearchFacts } from './SearchFacts';
import type { StagePolicy } from './StagePolicy';
import { TrackingAccess } from './TrackingAccess';
import { TraceService } from './TraceService';
import type { TrackingDeps } from './trackingDeps';
import { UploadService } from './UploadService';

/** The services behind the MLflow API. */
export type TrackingServices = {
  experiments: ExperimentService;
  runs: RunService;
  log: RunLogService;
  histories: MetricHistoryService;
  loggedModels: LoggedModelService;
  registration: RegistrationService;
  reads: RegistryReadService;
  searchFacts: SearchFacts;
  artifacts: ArtifactService;
  uploads: UploadService;
  traces: TraceService;
  assessments: AssessmentService;
  evaluationDatasets: EvaluationDatasetService;
};

export function createTrackingServices(options: {
  knex: Knex;
  authorizer: Authorizer;
  artifactStore: ArtifactStore;
  stagePolicy: StagePolicy;
  policy?: GovernancePolicy;
  ledger?: LedgerStore;
  reproducedBy?: (jobId: string) => Promise<string | undefined>;
  /** The owner of `model:default/<name>` in the catalog, when there is such an entity. */
  entityOwner: (name: string) => Promise<string | undefined>;
  /** Reads entities of models that are new; searches by owner call it first. */
  readEntities?: () => Promise<void>;
  /** Called after a model was registered. */
  onModelCreated?: (name: string) => Promise<void>;
  onVersionCreated: (version: ModelVersionRow) => Promise<void>;
  /** Where clients reach this plugin, and the key of addresses that are signed for them. */
  ownUrls?: { baseUrl: () => Promise<string>; key: Buffer };
  /** Where models may be registered from, beside this server. */
  externalSources?: ExternalSource[];
  /** Told when an upload is due for its next step. */
  onUploadDue?: () => void;
  clock?: () => number;
  newId?: () => string;
}): TrackingServices {
  const { knex } = options;
  const deps: TrackingDeps = {
    knex,
    access: new TrackingAccess(options.authorizer),
    experiments: new ExperimentStore(knex),
    runs: new RunStore(knex),
    runData: new RunDataStore(),
    loggedModels: new LoggedModelStore(knex),
    models: new ModelStore(knex),
    ledger: options.ledger ?? new LedgerStore(knex),
    guard: new GovernanceGuard({ knex, policy: options.policy }),
    reproducedBy: options.reproducedBy,
    externalSources: options.externalSources ?? [],
    clock: options.clock ?? Date.now,
    newId: options.newId ?? (() => randomUUID().replaceAll('-', '')),
  };
  const runs = new RunService(deps);
  const loggedModels = new LoggedModelService(deps);
  const rows = new ArtifactRowStore(knex);
  const traces = new TraceStore(knex);
  const artifacts = new ArtifactService({
    ...deps,
    store: options.artifactStore,
    rows,
    runService: runs,
    loggedModelService: loggedModels,
  });
  const searchFacts = new SearchFacts({
    facts: new SearchFactStore(knex),
    files: new ModelFiles(options.artifactStore),
    readEntities: options.readEntities ?? (async () => {}),
    clock: deps.clock,
  });
  return {
    searchFacts,
    experiments: new ExperimentService({
      ...deps,
      entityOwner: options.entityOwner,
    }),
    runs,
    log: new RunLogService({ ...deps, runService: runs }),
    histories: new MetricHistoryService({
      ...deps,
      histories: new MetricHistoryStore(knex),
    }),
    loggedModels,
    registration: new RegistrationService({ ...deps, ...pickHooks(options) }),
    reads: new RegistryReadService({ ...deps, searchFacts }),
    traces: new TraceService({ ...deps, traces }),
    assessments: new AssessmentService({
      ...deps,
      traces,
      assessments: new AssessmentStore(knex),
    }),
    evaluationDatasets: new EvaluationDatasetService({
      ...deps,
      datasets: new EvaluationDatasetStore(knex),
    }),
    artifacts,
    uploads: new UploadService({
      ...deps,
      store: options.artifactStore,
      artifacts,
      rows,
      uploads: new UploadStore(knex),
      urls: {
        baseUrl: options.ownUrls?.baseUrl ?? (async () => ''),
        signed: new SignedPaths({
          key: options.ownUrls?.key ?? randomBytes(32),
          clock: deps.clock,
        }),
      },
      onDue: options.onUploadDue ?? (() => {}),
    }),
  };
}

function pickHooks(options: Parameters<typeof createTrackingServices>[0]) {
  const { stagePolicy, entityOwner, onModelCreated, onVersionCreated } =
    options;
  return { stagePolicy, entityOwner, onModelCreated, onVersionCreated };
}
