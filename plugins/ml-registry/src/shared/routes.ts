import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The Models page; runs, comparisons and approvals lie below it. */
export const rootRouteRef = createRouteRef();

/** The tabs this plugin brings to the page of a Model. */
export const versionsRouteRef = createRouteRef();
export const runsRouteRef = createRouteRef();
