import { createRouteRef } from '@backstage/frontend-plugin-api';

/** The tab of access tokens on the settings page. */
export const tokensRouteRef = createRouteRef();
