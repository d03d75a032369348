import { createFrontendModule } from '@backstage/frontend-plugin-api';
import { SearchFilterResultTypeBlueprint } from '@backstage/plugin-search-react/alpha';
import { RiTableLine } from '@remixicon/react';

/** Lets a search be narrowed to single columns and features. */
export const mlCatalogSearchModule = createFrontendModule({
  pluginId: 'search',
  extensions: [
    SearchFilterResultTypeBlueprint.make({
      name: 'ml-field',
      params: {
        value: 'ml-field',
        name: 'Columns & features',
        icon: <RiTableLine size="1em" />,
      },
    }),
  ],
});
