import { randomUUID } from 'node:crypto';
import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { GovernancePolicy } from '../versions/domain/policy';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import { ImportStore } from './ImportStore';
import type { ModelStore } from '../versions/stores/ModelStore';
import type { TrackingStores } from '../tracking/trackingDeps';
import type { StageStore } from '../versions/stores/StageStore';
import type { OutboundClient } from '../kernel/OutboundClient';
import type { SecretBox } from '../kernel/SecretBox';
import { ImportService } from './ImportService';
import { ImportProcess } from './ImportProcess';

/** Imports put together: what administrators see, and what does the work. */
export function createImports(
  options: TrackingStores & {
    knex: Knex;
    authorizer: Authorizer;
    auditor: AuditorService;
    artifactStore: ArtifactStore;
    artifactRows: ArtifactRowStore;
    models: ModelStore;
    stages: StageStore;
    policy: GovernancePolicy;
    client: OutboundClient;
    secrets: SecretBox;
    onDue?: () => void;
    clock: Clock;
    stepMs?: number;
  },
) {
  const { knex, client, secrets, onDue = () => {} } = options;
  const imports = new ImportStore(knex);
  return {
    imports: new ImportService({
      ...options,
      imports,
      onDue,
      newId: randomUUID,
    }),
    importProcess: new ImportProcess({
      ...options,
      client,
      secrets,
      imports,
      artifacts: options.artifactStore,
      newId: () => randomUUID().replaceAll('-', ''),
    }),
  };
}
