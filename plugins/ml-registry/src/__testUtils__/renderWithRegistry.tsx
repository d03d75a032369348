import type { ReactElement } from 'react';
import { mockApis, renderInTestApp } from '@backstage/frontend-test-utils';
import { catalogApiRef } from '@backstage/plugin-catalog-react';
import { catalogApiMock } from '@backstage/plugin-catalog-react/testUtils';
import { mlRegistryApiRef, type MlRegistryApi } from '../shared/api';
import { aModelEntity } from './examples';

/** Renders a page or component as it would be seen by `user`, a member of `groups`. */
export function renderWithRegistry(
  element: ReactElement,
  options: {
    registry: MlRegistryApi;
    user?: string;
    groups?: string[];
    path?: string;
    administrators?: string[];
  },
) {
  const {
    registry,
    user = 'user:default/ann',
    groups = ['group:default/diagnostics'],
    path = '/',
    administrators = [],
  } = options;
  return renderInTestApp(element, {
    initialRouteEntries: [path],
    apis: [
      [mlRegistryApiRef, registry],
      [catalogApiRef, catalogApiMock({ entities: [aModelEntity] })],
      mockApis.identity({
        userEntityRef: user,
        ownershipEntityRefs: [user, ...groups],
      }),
      mockApis.config({ data: { downstage: { administrators } } }),
      mockApis.discovery({ baseUrl: 'http://localhost:7007' }),
    ],
  });
}
