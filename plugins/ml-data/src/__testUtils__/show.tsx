import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { identityApiRef } from '@backstage/frontend-plugin-api';
import type { Entity } from '@backstage/catalog-model';
import {
  catalogApiRef,
  EntityProvider,
  entityRouteRef,
} from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import type { ReactElement } from 'react';
import { mlDataApiRef, type MlDataApi } from '../shared/api';
import { aDataApi } from '../testUtils';

export function show(
  element: ReactElement,
  options: {
    api?: MlDataApi;
    entity?: Entity;
    entities?: Entity[];
    groups?: string[];
    path?: string;
  } = {},
) {
  const { api = aDataApi(2), entity, entities = [], groups = [] } = options;
  const { path = '/' } = options;
  return renderInTestApp(
    entity ? (
      <EntityProvider entity={entity}>{element}</EntityProvider>
    ) : (
      element
    ),
    {
      apis: [
        [mlDataApiRef, api],
        [catalogApiRef, catalogApiMock({ entities })],
        [
          identityApiRef,
          mockApis.identity({
            userEntityRef: 'user:default/ann',
            ownershipEntityRefs: ['user:default/ann', ...groups],
          }),
        ],
      ],
      initialRouteEntries: [path],
      mountedRoutes: { '/catalog/:namespace/:kind/:name': entityRouteRef },
    },
  );
}

export const never = () => new Promise<never>(() => {});
export const fails = async () => {
  throw new Error('ml-data is down');
};

export const noAccess =
  'dataset:default/masses is confidential. Ask group:default/diagnostics for a grant';
