import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';
import type { ExternalSource } from './externalSources';
import type { ExperimentStore } from './stores/ExperimentStore';
import type { LedgerStore } from '../ledger/LedgerStore';
import type { LoggedModelStore } from './stores/LoggedModelStore';
import type { RunDataStore } from './stores/RunDataStore';
import type { RunStore } from './stores/RunStore';
import type { ContentReads } from '../access/ContentReads';
import type { RunReads } from '../access/RunReads';
import type { TrackingAccess } from '../access/TrackingAccess';

import type { Holds } from './Holds';

export type TrackingStores = {
  experiments: ExperimentStore;
  runs: RunStore;
  runData: RunDataStore;
  loggedModels: LoggedModelStore;
};

/** What the tracking services share. */
export type TrackingDeps = TrackingStores & {
  knex: Knex;
  access: TrackingAccess;
  /** Who reads what came out of data. */
  content: ContentReads;
  /** Who may read what. */
  reads: RunReads;
  ledger: LedgerStore;
  /** Keeps what was decided on. */
  holds: Holds;
  /** The version a job trains again, as `default/churn@7`. */
  reproducedBy?: (jobId: string) => Promise<string | undefined>;
  /** Where models may be registered from, beside this server. */
  externalSources: ExternalSource[];
  /** Milliseconds since the epoch. */
  clock: Clock;
  /** 32 hex digits nobody has had before. */
  newId: () => string;
};
