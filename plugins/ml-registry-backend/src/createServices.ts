import { randomUUID } from 'node:crypto';
import type {
  AuditorService,
  AuthService,
  DiscoveryService,
  LoggerService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type {
  ArtifactHolder,
  ArtifactStore,
  DataAccess,
  Gate,
  TrainingJobs,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { createModelReads } from './access/create';
import { createCards } from './cards/create';
import { createStores } from './createStores';
import { createTrackingServices } from './createTrackingServices';
import { createGarbageServices } from './garbage/create';
import { createGovernance } from './governance/create';
import type { GovernanceOptions } from './governance/readGovernance';
import { askAfterEntry, askAfterReading } from './governance/stores/askAgain';
import { EvidenceStore } from './governance/stores/EvidenceStore';
import { createImports } from './imports/create';
import { createIntegrity } from './integrity/create';
import type { SigningTrust } from './integrity/signatures/verifyBundle';
import type { OutboundClient } from './kernel/OutboundClient';
import type { SecretBox } from './kernel/SecretBox';
import { LedgerService } from './ledger/LedgerService';
import { ModelService } from './modelPages/ModelService';
import { createOwners } from './owners/create';
import { createRunPageServices } from './runPages/create';
import type { ExternalSource } from './tracking/externalSources';
import type { Announcer } from './versions/Announcer';
import { createVersions } from './versions/create';
import { createWebhooks } from './webhooks/create';

export type RegistryDeps = {
  knex: Knex;
  authorizer: Authorizer;
  permissions: PermissionsService;
  auditor: AuditorService;
  auth: AuthService;
  catalog: CatalogService;
  discovery: DiscoveryService;
  logger: LoggerService;
  announcer: Announcer;
  artifactStore: ArtifactStore;
  gates: Gate[];
  portalUrl: string;
  /** Called after a version was registered; its check may begin. */
  onVersionCreated: () => void;
  /** How the registry calls other systems, and keeps what it signs in with. */
  outgoing: {
    client: OutboundClient;
    secrets: SecretBox;
    onDue?: () => void;
    importClient: OutboundClient;
    onImportDue?: () => void;
  };
  newDeliveryId?: NewId;
  /** Where clients reach this plugin, and the key of addresses that are signed for them. */
  ownUrls?: { baseUrl: () => Promise<string>; key: Buffer };
  /** Where models may be registered from, beside this server. */
  externalSources?: ExternalSource[];
  /** Called when an upload is due for its next step. */
  onUploadDue?: () => void;
  /** Who else knows which versions are needed. */
  holders?: ArtifactHolder[];
  /** How long what was deleted can be restored; 30 days unless given. */
  retentionMs?: number;
  /** Called when there is something to delete for good. */
  onGarbageDue?: () => void;
  /** Gates, approvals, and what only a decision may change. */
  governance?: GovernanceOptions;
  /** Whose model signatures count. */
  trust?: SigningTrust;
  /** The jobs models come from, once a module brought them. */
  jobs?: () => TrainingJobs | undefined;
  /** Decides about data, once a module brought it. */
  dataAccess?: () => DataAccess | undefined;
  clock: Clock;
  newId?: NewId;
};

export type RegistryServices = ReturnType<typeof createServices>;

/** The services of the registry, put together room by room. */
export function createServices(deps: RegistryDeps) {
  const { knex, artifactStore, outgoing } = deps;
  const newId = deps.newId ?? randomUUID;

  const { profiles, entities } = createOwners(deps);
  const { ledger, webhooks, deliveries } = createWebhooks({
    ...deps,
    ...outgoing,
    ownerOf: name => profiles.ownerOf(name),
    newId: deps.newDeliveryId,
    onAppend: askAfterEntry,
  });
  const stores = createStores({ knex, ledger, artifactStore });
  const modelReads = createModelReads({
    ...deps,
    profiles,
    versions: stores.versions,
  });
  const shared = {
    ...deps,
    ...stores,
    newId,
    ledger,
    profiles,
    entities,
    reads: modelReads,
    evidence: new EvidenceStore(knex),
  };
  const integrity = createIntegrity({ ...shared, onRead: askAfterReading });
  const { cards, reproductions, reproducedBy } = createCards(shared);
  const governance = createGovernance({
    ...shared,
    cards,
    fileReader: integrity.fileReader,
  });
  const records = {
    ledgers: new LedgerService(shared),
    signatures: integrity.signatures,
    cards,
    reproductions,
  };
  const { policy, stagePolicy } = governance;
  const tracking = createTrackingServices({
    knex,
    stores,
    ledger,
    modelReads,
    artifactStore,
    stagePolicy,
    policy,
    reproducedBy,
    authorizer: deps.authorizer,
    auditor: deps.auditor,
    dataAccess: deps.dataAccess,
    ownUrls: deps.ownUrls,
    externalSources: deps.externalSources,
    onUploadDue: deps.onUploadDue,
    entityOwner: name => profiles.ownerOf(name),
    readEntities: () => entities.readNew(),
    onModelCreated: name => profiles.acceptFile(name),
    onVersionCreated: async version => {
      deps.onVersionCreated();
      await records.signatures.checkNew(version);
    },
    clock: deps.clock,
  });
  const { runs, ...runPages } = createRunPageServices({
    ...shared,
    modelReads,
    tracking,
    stores,
  });
  return {
    records,
    entities,
    tracking,
    webhooks,
    deliveries,
    runs,
    runPages,
    ...createVersions({ ...shared, ...tracking, stores, modelReads }),
    ...createImports({
      ...deps,
      ...stores,
      ...outgoing,
      client: outgoing.importClient,
      onDue: outgoing.onImportDue,
      policy,
    }),
    stagePolicy,
    steps: governance.steps,
    promotions: governance.promotions,
    rollbacks: governance.rollbacks,
    breakGlass: governance.breakGlass,
    checks: governance.checks,
    models: new ModelService({
      ...shared,
      verdicts: governance.verdicts,
      promotions: governance.promotionStore,
      artifacts: tracking.artifacts,
    }),
    ...createGarbageServices({
      ...shared,
      holders: deps.holders ?? [],
      retentionMs: deps.retentionMs ?? 30 * 24 * 3_600_000,
      onDue: deps.onGarbageDue ?? (() => {}),
    }),
    fileReader: integrity.fileReader,
  };
}
