import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The Monitoring page; what one model looks like is on its own page. */
export const rootRouteRef = createRouteRef();
