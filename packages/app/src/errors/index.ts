import {
  createFrontendModule,
  ErrorDisplay,
} from '@backstage/frontend-plugin-api';
import { SwappableComponentBlueprint } from '@backstage/plugin-app-react';
import { PageError } from './PageError';

export const errorsModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    SwappableComponentBlueprint.make({
      // The name of the one that it takes the place of.
      name: 'core-error-display',
      params: define =>
        define({
          component: ErrorDisplay,
          // Not fetched when it is needed: then nothing can be.
          loader: () => PageError,
        }),
    }),
  ],
});
