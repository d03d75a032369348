import type { Knex } from 'knex';
import type { ExternalSource } from '../domain/externalSources';
import type { ExperimentStore } from '../stores/ExperimentStore';
import type { GovernanceGuard } from './GovernanceGuard';
import type { LedgerStore } from '../stores/LedgerStore';
import type { LoggedModelStore } from '../stores/LoggedModelStore';
import type { ModelStore } from '../stores/ModelStore';
import type { RunDataStore } from '../stores/RunDataStore';
import type { RunStore } from '../stores/RunStore';
import type { TrackingAccess } from './TrackingAccess';

/** What the tracking services share. */
export type TrackingDeps = {
  knex: Knex;
  access: TrackingAccess;
  experiments: ExperimentStore;
  runs: RunStore;
  runData: RunDataStore;
  loggedModels: LoggedModelStore;
  models: ModelStore;
  ledger: LedgerStore;
  /** Keeps what was decided on. */
  guard: GovernanceGuard;
  /** The version a job trains again, as `default/churn@7`. */
  reproducedBy?: (jobId: string) => Promise<string | undefined>;
  /** Where models may be registered from, beside this server. */
  externalSources: ExternalSource[];
  /** Milliseconds since the epoch. */
  clock: () => number;
  /** 32 hex digits nobody has had before. */
  newId: () => string;
};
