import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The Training page; a job lies below it. */
export const rootRouteRef = createRouteRef();

/** The tab this plugin brings to the page of a Model. */
export const trainingRouteRef = createRouteRef();
