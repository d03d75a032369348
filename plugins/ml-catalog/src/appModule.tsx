import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { IconBundleBlueprint } from '@backstage/plugin-app-react';
import { RiBrainLine, RiDatabase2Line, RiShapesLine } from '@remixicon/react';

/** Icons of the kinds in the app's own bundle (`kind:model` and so on), where the inspector and `AppIcon` look. */
export const mlCatalogAppModule = createFrontendModule({
  pluginId: 'app',
  extensions: [
    IconBundleBlueprint.make({
      name: 'ml-catalog',
      params: {
        icons: {
          'kind:model': <RiBrainLine />,
          'kind:dataset': <RiDatabase2Line />,
          'kind:feature': <RiShapesLine />,
        },
      },
    }),
  ],
});
