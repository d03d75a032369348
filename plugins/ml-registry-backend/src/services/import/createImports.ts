import { randomUUID } from 'node:crypto';
import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { GovernancePolicy } from '../../domain/policy';
import { ArtifactRowStore } from '../../stores/ArtifactRowStore';
import { ExperimentStore } from '../../stores/ExperimentStore';
import { ImportStore } from '../../stores/ImportStore';
import { LoggedModelStore } from '../../stores/LoggedModelStore';
import { ModelStore } from '../../stores/ModelStore';
import { RunDataStore } from '../../stores/RunDataStore';
import { RunStore } from '../../stores/RunStore';
import type { StageStore } from '../../stores/StageStore';
import type { OutboundClient } from '../OutboundClient';
import type { SecretBox } from '../SecretBox';
import { ImportService } from './ImportService';
import { ImportSteps } from './ImportSteps';

/** Imports put together: what administrators see, and what does the work. */
export function createImports(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  artifactStore: ArtifactStore;
  stages: StageStore;
  policy: GovernancePolicy;
  client: OutboundClient;
  secrets: SecretBox;
  onDue?: () => void;
  clock: Clock;
  stepMs?: number;
}) {
  const { knex, client, secrets, onDue = () => {} } = options;
  const imports = new ImportStore(knex);
  return {
    imports: new ImportService({
      ...options,
      imports,
      onDue,
      newId: randomUUID,
    }),
    importSteps: new ImportSteps({
      ...options,
      client,
      secrets,
      imports,
      experiments: new ExperimentStore(knex),
      runs: new RunStore(knex),
      runData: new RunDataStore(),
      loggedModels: new LoggedModelStore(knex),
      models: new ModelStore(knex),
      artifacts: options.artifactStore,
      artifactRows: new ArtifactRowStore(knex),
      newId: () => randomUUID().replaceAll('-', ''),
    }),
  };
}
