// This plugin alone, with a model to look at. From this folder: yarn start, then
//   MLFLOW_TRACKING_URI=http://localhost:7007/api/ml-registry/mlflow MLFLOW_TRACKING_TOKEN=mock-user-token python train.py
import { createBackend } from '@backstage/backend-defaults';
import { mockServices } from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { aModelEntity } from '../src/__testUtils__/aModelEntity';
import { peopleFactory } from '../src/__testUtils__/people';

// Its own data, not the portal's.
process.env.DOWNSTAGE_DATA_DIR ??= '.downstage';

const backend = createBackend();
backend.add(mockServices.auth.factory());
backend.add(mockServices.httpAuth.factory());
backend.add(
  mockServices.permissions.factory({ result: AuthorizeResult.ALLOW }),
);
backend.add(peopleFactory);
backend.add(catalogServiceMock.factory({ entities: [aModelEntity()] }));
backend.add(import('../src'));
backend.start();
