import { createBackend } from '@backstage/backend-defaults';
import { searchModuleMl } from '@downstage/plugin-catalog-backend-module-ml';
import { mlRegistryModuleServing } from '@downstage/plugin-ml-serving-backend';
import { exampleSignIn } from './exampleSignIn';
import { hideStacks } from './hideStacks';
import { portalPermissions } from './portalPermissions';
import { patientSearch } from './searchEngine';
import { startInTurn } from './startInTurn';

hideStacks();
const backend = createBackend();
backend.add(startInTurn);

// The portal itself
backend.add(import('@backstage/plugin-app-backend'));
backend.add(import('@backstage/plugin-auth-backend'));
backend.add(import('@backstage/plugin-auth-backend-module-guest-provider'));
backend.add(exampleSignIn);
backend.add(import('@backstage/plugin-permission-backend'));
backend.add(portalPermissions);
backend.add(import('@backstage/plugin-catalog-backend'));
backend.add(import('@backstage/plugin-catalog-backend-module-logs'));
backend.add(
  import('@backstage/plugin-catalog-backend-module-scaffolder-entity-model'),
);
backend.add(import('@backstage/plugin-scaffolder-backend'));
backend.add(import('@backstage/plugin-scaffolder-backend-module-github'));
backend.add(
  import('@backstage/plugin-scaffolder-backend-module-notifications'),
);
backend.add(import('@backstage/plugin-search-backend'));
backend.add(patientSearch);
backend.add(import('@backstage/plugin-search-backend-module-catalog'));
backend.add(import('@backstage/plugin-search-backend-module-techdocs'));
backend.add(import('@backstage/plugin-techdocs-backend'));
backend.add(import('@backstage/plugin-user-settings-backend'));
backend.add(import('@backstage/plugin-events-backend'));
backend.add(import('@backstage/plugin-notifications-backend'));
backend.add(import('@backstage/plugin-signals-backend'));
backend.add(import('@backstage/plugin-mcp-actions-backend'));

// Machine learning
backend.add(import('@downstage/plugin-catalog-backend-module-ml'));
backend.add(searchModuleMl);
backend.add(import('@downstage/plugin-scaffolder-backend-module-ml'));
backend.add(import('@downstage/plugin-ml-jobs-backend'));
backend.add(import('@downstage/plugin-ml-jobs-backend-module-data'));
backend.add(import('@downstage/plugin-ml-jobs-backend-module-kubernetes'));
backend.add(import('@downstage/plugin-ml-jobs-backend-module-registry'));
backend.add(import('@downstage/plugin-ml-data-backend'));
backend.add(import('@downstage/plugin-ml-registry-backend'));
backend.add(import('@downstage/plugin-ml-registry-backend-module-jobs'));
backend.add(import('@downstage/plugin-ml-registry-backend-module-data'));
backend.add(import('@downstage/plugin-ml-registry-backend-module-s3'));
backend.add(import('@downstage/plugin-ml-serving-backend'));
backend.add(mlRegistryModuleServing);
backend.add(import('@downstage/plugin-ml-monitoring-backend'));
backend.add(import('@downstage/plugin-ml-tokens-backend'));

// The failure is in the log already. A portal that answers 503 for good would look as if it were still starting.
backend.start().catch(async () => {
  setTimeout(() => process.exit(1), 10_000).unref();
  await backend.stop().catch(() => {});
  process.exit(1);
});
