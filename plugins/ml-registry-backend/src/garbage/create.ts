import type {
  AuditorService,
  LoggerService,
} from '@backstage/backend-plugin-api';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type {
  ArtifactHolder,
  ArtifactStore,
} from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import { DeletedStore } from './DeletedStore';
import { GarbageStore } from './GarbageStore';
import type { ModelStore } from '../versions/stores/ModelStore';
import { GarbageCandidates } from './GarbageCandidates';
import { GarbageService } from './GarbageService';
import { GarbageDeletion } from './GarbageDeletion';

/** Deleting for good, put together. */
export function createGarbageServices(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  logger: LoggerService;
  clock: Clock;
  newId: NewId;
  artifactStore: ArtifactStore;
  artifactRows: ArtifactRowStore;
  models: ModelStore;
  holders: readonly ArtifactHolder[];
  retentionMs: number;
  onDue: () => void;
}) {
  const { knex, artifactStore, artifactRows: rows, holders, models } = options;
  const deleted = new DeletedStore(knex);
  const garbage = new GarbageStore(knex);
  const candidates = new GarbageCandidates({
    store: artifactStore,
    rows,
    deleted,
    holders,
  });
  return {
    garbage: new GarbageService({ ...options, candidates, garbage, deleted }),
    garbageDeletion: new GarbageDeletion({
      ...options,
      candidates,
      garbage,
      deleted,
      rows,
      store: artifactStore,
      models,
    }),
  };
}
