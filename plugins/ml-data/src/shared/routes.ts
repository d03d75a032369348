import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The page Data & features. */
export const rootRouteRef = createRouteRef();
