import { randomUUID } from 'node:crypto';
import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type {
  ArtifactStore,
  DataAccess,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { createAccess } from './access/create';
import type { ModelReads } from './access/ModelReads';
import { createArtifacts } from './artifacts/create';
import { createStores, type Stores } from './createStores';
import { createEvaluations } from './evaluations/create';
import { GovernanceHolds } from './governance/GovernanceHolds';
import type { LedgerStore } from './ledger/LedgerStore';
import { ModelNames } from './mlflow/protocol/ModelNames';
import { createTraces } from './traces/create';
import { createTracking } from './tracking/create';
import type { ExternalSource } from './tracking/externalSources';
import { createRegistration } from './versions/create';
import type { GovernancePolicy } from './versions/domain/policy';
import type { StagePolicy } from './versions/StagePolicy';
import type { ModelVersionRow } from './versions/stores/ModelStore';

export type TrackingServices = ReturnType<typeof createTrackingServices>;

/** The services behind the MLflow API. */
export function createTrackingServices(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  artifactStore: ArtifactStore;
  /** Decides about data, where it is installed. */
  dataAccess?: () => DataAccess | undefined;
  /** Who may read which models; runs follow from it. */
  modelReads: Pick<ModelReads, 'scope' | 'requireAny' | 'sees'>;
  stagePolicy: StagePolicy;
  policy?: GovernancePolicy;
  ledger: LedgerStore;
  /** Stores that somebody else has made already. */
  stores?: Stores;
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
  clock: Clock;
  newId?: () => string;
}) {
  const { knex, artifactStore } = options;
  const stores = options.stores ?? createStores(options);
  const access = createAccess({ ...options, versions: stores.models });
  const deps = {
    ...stores,
    ...access,
    knex,
    ledger: options.ledger,
    holds: new GovernanceHolds({ knex, policy: options.policy }),
    reproducedBy: options.reproducedBy,
    externalSources: options.externalSources ?? [],
    entityOwner: options.entityOwner,
    clock: options.clock,
    newId: options.newId ?? (() => randomUUID().replaceAll('-', '')),
  };
  const tracking = createTracking(deps);
  return {
    ...tracking,
    ...createArtifacts({
      ...tracking,
      deps,
      store: artifactStore,
      rows: stores.artifactRows,
      frozen: stores.models,
      ownUrls: options.ownUrls,
      onUploadDue: options.onUploadDue,
    }),
    ...createTraces(deps),
    ...createEvaluations(deps),
    ...createRegistration({
      ...deps,
      stagePolicy: options.stagePolicy,
      onModelCreated: options.onModelCreated,
      onVersionCreated: options.onVersionCreated,
      readEntities: options.readEntities ?? (async () => {}),
    }),
    runReads: access.reads,
    content: access.content,
    names: new ModelNames(stores.models),
  };
}
