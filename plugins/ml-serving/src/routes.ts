import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The Endpoints page; one endpoint lies below it at `/:namespace/:name`. */
export const rootRouteRef = createRouteRef();
