import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type { Gate } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { ModelReads } from '../access/ModelReads';
import type { VersionFileReader } from '../integrity/VersionFileReader';
import type { ModelProfiles } from '../owners/ModelProfiles';
import type { Announcer } from '../versions/Announcer';
import { defaultPolicy } from '../versions/domain/policy';
import type { ModelFiles } from '../versions/ModelFiles';
import type { StageStore } from '../versions/stores/StageStore';
import type { VersionQueries } from '../versions/stores/VersionQueries';
import type { VersionFiles } from '../versions/VersionFiles';
import { BreakGlassService } from './BreakGlassService';
import type { CardSource } from './CardSource';
import { PromotionEvidence } from './PromotionEvidence';
import { GateEvaluator } from './GateEvaluator';
import { PromotionNotices } from './PromotionNotices';
import { PromotionService } from './PromotionService';
import { PromotionStagePolicy } from './PromotionStagePolicy';
import { PromotionStateMachine } from './PromotionStateMachine';
import type { GovernanceOptions } from './readGovernance';
import { RollbackService } from './RollbackService';
import { BreakGlassStore } from './stores/BreakGlassStore';
import { CheckStore } from './stores/CheckStore';
import type { EvidenceStore } from './stores/EvidenceStore';
import { PromotionStore } from './stores/PromotionStore';
import { VersionChecks } from './VersionChecks';
import { VersionVerdicts } from './VersionVerdicts';

/** Gates, promotions, rollbacks and break-glass, put together. */
export function createGovernance(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  announcer: Announcer;
  logger: LoggerService;
  clock: Clock;
  newId: NewId;
  portalUrl: string;
  governance?: GovernanceOptions;
  /** Gates that modules installed. */
  gates: Gate[];
  reads: ModelReads;
  profiles: ModelProfiles;
  versions: VersionQueries;
  stages: StageStore;
  files: ModelFiles;
  versionFiles: VersionFiles;
  fileReader: VersionFileReader;
  cards: CardSource;
  evidence: EvidenceStore;
}) {
  const { knex, files, clock, governance = {} } = options;
  const promotionStore = new PromotionStore(knex);
  const checkStore = new CheckStore(knex);
  const policy = governance.policy ?? defaultPolicy;
  const gates = new GateEvaluator({
    ...options,
    promotions: promotionStore,
    reader: options.fileReader,
    cardFields: governance.cardFields,
  });
  const shared = {
    ...options,
    verdicts: new VersionVerdicts({ checkStore, gates, files, clock }),
    gates,
    promotionEvidence: new PromotionEvidence({ ...options, policy }),
    rules: { rules: governance.approvals },
    promotions: promotionStore,
    notices: new PromotionNotices(options.announcer),
  };
  const steps = new PromotionStateMachine(shared);
  const promotions = new PromotionService({ ...shared, steps });
  return {
    promotionStore,
    verdicts: shared.verdicts,
    policy,
    steps,
    promotions,
    stagePolicy: new PromotionStagePolicy({ ...shared, promotions }),
    rollbacks: new RollbackService(shared),
    breakGlass: new BreakGlassService({
      ...shared,
      glass: new BreakGlassStore(),
      administrators: governance.administrators ?? [],
    }),
    checks: new VersionChecks({ ...shared, checks: checkStore }),
  };
}
