import { randomUUID } from 'node:crypto';
import type {
  AuditorService,
  AuthService,
  LoggerService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type {
  ArtifactHolder,
  ArtifactStore,
  Gate,
  TrainingJobs,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { ExternalSource } from './domain/externalSources';
import type { SigningTrust } from './domain/verifyBundle';
import type { Announcer } from './services/Announcer';
import { ClaimService } from './services/ClaimService';
import { createRunPageServices } from './services/createRunPageServices';
import { createGarbageServices } from './services/createGarbageServices';
import { createCardServices } from './services/createCardServices';
import { createTrackingServices } from './services/createTrackingServices';
import { defaultPolicy } from './domain/policy';
import type { GovernanceOptions } from './readGovernance';
import { createImports } from './services/import/createImports';
import { createWebhooks } from './services/createWebhooks';
import { BreakGlassService } from './services/BreakGlassService';
import { EvidenceKeeper } from './services/EvidenceKeeper';
import { FileReader } from './services/FileReader';
import { GateKeeper } from './services/GateKeeper';
import type { OutboundClient } from './services/OutboundClient';
import type { SecretBox } from './services/SecretBox';
import { ModelEntitySync } from './services/ModelEntitySync';
import { ModelFiles } from './services/ModelFiles';
import { ModelProfiles } from './services/ModelProfiles';
import { ModelReads } from './services/ModelReads';
import { ModelService } from './services/ModelService';
import { PromotionService } from './services/PromotionService';
import { PromotionStagePolicy } from './services/PromotionStagePolicy';
import { PromotionSteps } from './services/PromotionSteps';
import { RollbackService } from './services/RollbackService';
import { RunQueryService } from './services/RunQueryService';
import { VersionChecks } from './services/VersionChecks';
import { VersionFiles } from './services/VersionFiles';
import { VersionVerdicts } from './services/VersionVerdicts';
import { VersionSearchService } from './services/VersionSearchService';
import { BreakGlassStore } from './stores/BreakGlassStore';
import { CheckStore } from './stores/CheckStore';
import { EvidenceStore } from './stores/EvidenceStore';
import { ExperimentStore } from './stores/ExperimentStore';
import { ModelEntityStore } from './stores/ModelEntityStore';
import { ModelStore } from './stores/ModelStore';
import { OwnershipStore } from './stores/OwnershipStore';
import { PromotionStore } from './stores/PromotionStore';
import { RunStore } from './stores/RunStore';
import { SearchFactStore } from './stores/SearchFactStore';
import { StageStore } from './stores/StageStore';
import { VersionFileStore } from './stores/VersionFileStore';
import { VersionReader } from './stores/VersionReader';

export type RegistryDeps = {
  knex: Knex;
  authorizer: Authorizer;
  permissions: PermissionsService;
  auditor: AuditorService;
  auth: AuthService;
  catalog: CatalogService;
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
  clock?: Clock;
  newId?: NewId;
};

export type RegistryServices = ReturnType<typeof createServices>;

/** The services of the registry, put together. */
export function createServices(deps: RegistryDeps) {
  const { knex, authorizer, auditor, announcer, logger, portalUrl } = deps;
  const clock = deps.clock ?? (() => new Date());
  const newId = deps.newId ?? randomUUID;

  const versions = new VersionReader(knex);
  const promotionStore = new PromotionStore(knex);
  const profiles = new ModelProfiles({
    ...deps,
    ownership: new OwnershipStore(knex),
  });
  const entities = new ModelEntitySync({
    entities: new ModelEntityStore(knex),
    profiles,
    clock,
  });
  const { ledger, webhooks, deliveries } = createWebhooks({
    ...deps,
    ...deps.outgoing,
    ownerOf: async name =>
      (await profiles.get(name)).owner ??
      (await versions.findModel(name))?.owner,
    clock,
    newId: deps.newDeliveryId,
  });
  const stages = new StageStore(knex, ledger);
  const files = new ModelFiles(deps.artifactStore);
  const { services: about, reproducedBy } = createCardServices({
    ...deps,
    clock,
    files,
    ledger,
    profiles,
    versions,
  });
  const versionFiles = new VersionFiles({ knex, store: deps.artifactStore });
  const governance = deps.governance ?? {};
  const policy = governance.policy ?? defaultPolicy;
  const evidence = new EvidenceStore(knex);
  const aboutVersion = { evidence, files, versionFiles, cards: about.cards };
  const keeper = new EvidenceKeeper({ ...aboutVersion, policy });
  const reader = new FileReader({
    files: versionFiles,
    store: new VersionFileStore(knex),
    versions,
    clock,
  });
  const gates = new GateKeeper({
    ...aboutVersion,
    versions,
    promotions: promotionStore,
    reader,
    cardFields: governance.cardFields,
    gates: deps.gates,
  });
  const checkStore = new CheckStore(knex);
  const shared = {
    verdicts: new VersionVerdicts({ checkStore, gates, files, clock }),
    authorizer,
    auditor,
    announcer,
    logger,
    clock,
    newId,
    versions,
    stages,
    ledger,
    profiles,
    files,
    gates,
    evidence,
    keeper,
    policy,
    rules: { rules: governance.approvals },
    promotions: promotionStore,
    entities,
  };

  const steps = new PromotionSteps(shared);
  const promotions = new PromotionService({ ...shared, steps });
  const stagePolicy = new PromotionStagePolicy({
    ...shared,
    promotions,
    portalUrl,
  });
  const tracking = createTrackingServices({
    knex,
    authorizer,
    artifactStore: deps.artifactStore,
    ownUrls: deps.ownUrls,
    externalSources: deps.externalSources,
    onUploadDue: deps.onUploadDue,
    stagePolicy,
    policy,
    ledger,
    entityOwner: async name => (await profiles.get(name)).owner,
    readEntities: () => entities.readNew(),
    onModelCreated: name => profiles.acceptFile(name),
    reproducedBy,
    onVersionCreated: async version => {
      deps.onVersionCreated();
      await about.signatures.checkNew(version);
    },
    clock: () => clock().getTime(),
  });
  const { artifacts } = tracking;
  const runs = new RunQueryService({
    authorizer,
    knex,
    artifacts,
    experiments: new ExperimentStore(knex),
    runs: new RunStore(knex),
  });
  return {
    about,
    entities,
    tracking,
    versionSearch: new VersionSearchService({
      ...shared,
      reads: tracking.reads,
      searchFacts: tracking.searchFacts,
      facts: new SearchFactStore(knex),
    }),
    webhooks,
    deliveries,
    ...createImports({
      ...deps,
      ...deps.outgoing,
      client: deps.outgoing.importClient,
      onDue: deps.outgoing.onImportDue,
      stages,
      policy,
      clock,
    }),
    stagePolicy,
    steps,
    promotions,
    models: new ModelService({
      ...shared,
      artifacts,
      reads: new ModelReads({
        authorizer,
        permissions: deps.permissions,
        profiles,
      }),
    }),
    rollbacks: new RollbackService(shared),
    breakGlass: new BreakGlassService({
      ...shared,
      glass: new BreakGlassStore(),
      administrators: governance.administrators ?? [],
    }),
    claims: new ClaimService({ ...shared, modelStore: new ModelStore(knex) }),
    runs,
    runPages: createRunPageServices({ ...shared, knex, tracking, runs }),
    ...createGarbageServices({
      ...shared,
      knex,
      artifactStore: deps.artifactStore,
      holders: deps.holders ?? [],
      retentionMs: deps.retentionMs ?? 30 * 24 * 3_600_000,
      onDue: deps.onGarbageDue ?? (() => {}),
    }),
    checks: new VersionChecks({ ...shared, checks: checkStore }),
    fileReader: reader,
  };
}
