import { createBackend } from '@backstage/backend-defaults';
import { mockServices } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';

// This plugin alone, on the measurements of the example company:
//   curl -X POST localhost:7007/api/ml-data/v1/datasets/default/breast-masses/versions -H 'content-type: application/json' -d '{}'
const backend = createBackend();
backend.add(mockServices.auth.factory());
backend.add(mockServices.httpAuth.factory());
backend.add(mockServices.userInfo.factory());
backend.add(
  catalogServiceMock.factory({
    entities: [
      {
        apiVersion: 'downstage.dev/v1alpha1',
        kind: 'Dataset',
        metadata: { name: 'breast-masses', namespace: 'default' },
        spec: {
          type: 'table',
          lifecycle: 'production',
          owner: 'user:default/mock',
          location: { uri: 'data/breast-masses.csv', format: 'csv' },
        },
        relations: [{ type: 'ownedBy', targetRef: 'user:default/mock' }],
      },
    ],
  }),
);
backend.add(import('../src'));
backend.start();
