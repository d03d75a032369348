import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type {
  ArtifactStore,
  TrainingJobs,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { versionRefOf } from '../domain/refs';
import type { SigningTrust } from '../domain/verifyBundle';
import { CardStore } from '../stores/CardStore';
import { EvidenceStore } from '../stores/EvidenceStore';
import type { LedgerStore } from '../stores/LedgerStore';
import type { VersionReader } from '../stores/VersionReader';
import type { Announcer } from './Announcer';
import { CardService } from './CardService';
import { LedgerService } from './LedgerService';
import type { ModelFiles } from './ModelFiles';
import type { ModelProfiles } from './ModelProfiles';
import { ModelSignatureService } from './ModelSignatureService';
import { ReproductionService } from './ReproductionService';
import { VersionFiles } from './VersionFiles';

export type CardServices = ReturnType<typeof createCardServices>['services'];

/** What is known and asked about versions beside their stages: ledger, card, signature, reproduction. */
export function createCardServices(options: {
  knex: Knex;
  artifactStore: ArtifactStore;
  authorizer: Authorizer;
  auditor: AuditorService;
  announcer: Announcer;
  clock: Clock;
  files: ModelFiles;
  ledger: LedgerStore;
  logger: LoggerService;
  profiles: ModelProfiles;
  versions: VersionReader;
  trust?: SigningTrust;
  jobs?: () => TrainingJobs | undefined;
}) {
  const { knex } = options;
  const cards = new CardStore(knex);
  const shared = {
    ...options,
    cards,
    evidence: new EvidenceStore(knex),
    jobs: options.jobs ?? (() => undefined),
    trust: options.trust ?? { keys: [], roots: [] },
    versionFiles: new VersionFiles({ knex, store: options.artifactStore }),
  };
  return {
    services: {
      ledgers: new LedgerService(options),
      cards: new CardService(shared),
      signatures: new ModelSignatureService(shared),
      reproductions: new ReproductionService(shared),
    },
    reproducedBy: async (jobId: string) => {
      const found = await cards.reproducedBy(jobId);
      return found && versionRefOf(found.name, found.version);
    },
  };
}
