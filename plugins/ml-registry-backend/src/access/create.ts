import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import { HiddenEntities, type Authorizer } from '@downstage/node';
import type { DataAccess } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { ContentReads } from './ContentReads';
import { DataRefStore } from './DataRefStore';
import { ModelReads } from './ModelReads';
import { RunReads, type FilesOfVersions } from './RunReads';
import { TrackingAccess } from './TrackingAccess';

/** Who may read which models. */
export function createModelReads(
  options: Omit<ConstructorParameters<typeof ModelReads>[0], 'hidden'> &
    ConstructorParameters<typeof HiddenEntities>[0],
) {
  return new ModelReads({ ...options, hidden: new HiddenEntities(options) });
}

/** Who may read and change what of tracking, put together. */
export function createAccess(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  /** Who may read which models; runs follow from it. */
  modelReads: Pick<ModelReads, 'scope' | 'requireAny' | 'sees'>;
  versions: FilesOfVersions;
  /** Decides about data, where it is installed. */
  dataAccess?: () => DataAccess | undefined;
  clock: Clock;
}) {
  const { knex, authorizer, dataAccess = () => undefined } = options;
  return {
    access: new TrackingAccess(authorizer),
    reads: new RunReads(options),
    content: new ContentReads({
      ...options,
      refs: new DataRefStore(knex),
      dataAccess,
    }),
  };
}
