// This plugin alone. From this folder: yarn start, then
//   curl -H 'authorization: Bearer mock-user-token' http://localhost:7007/api/ml-jobs/v1/queue
// Projects are git repositories below <downstage.dataDir>/projects; jobs belong to user:default/mock.
import { createBackend } from '@backstage/backend-defaults';
import { mockServices } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';

const backend = createBackend();
backend.add(mockServices.auth.factory());
backend.add(mockServices.httpAuth.factory());
backend.add(catalogServiceMock.factory({ entities: [] }));
backend.add(import('../src'));
backend.start();
