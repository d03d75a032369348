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
import { ArtifactRowStore } from '../stores/ArtifactRowStore';
import { DeletedStore } from '../stores/DeletedStore';
import { GarbageStore } from '../stores/GarbageStore';
import { ModelStore } from '../stores/ModelStore';
import { GarbageFinder } from './GarbageFinder';
import { GarbageService } from './GarbageService';
import { GarbageSteps } from './GarbageSteps';

/** Deleting for good, put together. */
export function createGarbageServices(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  logger: LoggerService;
  clock: Clock;
  newId: NewId;
  artifactStore: ArtifactStore;
  holders: readonly ArtifactHolder[];
  retentionMs: number;
  onDue: () => void;
}) {
  const { knex, artifactStore, holders } = options;
  const rows = new ArtifactRowStore(knex);
  const deleted = new DeletedStore(knex);
  const garbage = new GarbageStore(knex);
  const finder = new GarbageFinder({
    store: artifactStore,
    rows,
    deleted,
    holders,
  });
  return {
    garbage: new GarbageService({ ...options, finder, garbage, deleted }),
    garbageSteps: new GarbageSteps({
      ...options,
      finder,
      garbage,
      deleted,
      rows,
      store: artifactStore,
      models: new ModelStore(knex),
    }),
  };
}
