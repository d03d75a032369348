import {
  ApiBlueprint,
  createFrontendModule,
} from '@backstage/frontend-plugin-api';
import { DefaultEntityPresentationApi } from '@backstage/plugin-catalog';
import {
  catalogApiRef,
  entityPresentationApiRef,
} from '@backstage/plugin-catalog-react';
import { EntityCardBlueprint } from '@backstage/plugin-catalog-react/alpha';
import {
  ANNOTATION_UNOWNED,
  ML_API_VERSION,
} from '@downstage/plugin-ml-catalog-common';
import { kindIcons } from './icons';

const presentation = ApiBlueprint.make({
  name: 'entity-presentation',
  params: defineParams =>
    defineParams({
      api: entityPresentationApiRef,
      deps: { catalogApi: catalogApiRef },
      factory: ({ catalogApi }) =>
        DefaultEntityPresentationApi.create({ catalogApi, kindIcons }),
    }),
});

export const fieldsCard = EntityCardBlueprint.make({
  name: 'ml-fields',
  params: {
    type: 'content',
    filter: {
      kind: { $in: ['dataset', 'feature'] },
      apiVersion: ML_API_VERSION,
    },
    loader: async () =>
      import('./cards/FieldsCard').then(m => <m.FieldsCard />),
  },
});

export const gatesCard = EntityCardBlueprint.make({
  name: 'ml-gates',
  params: {
    type: 'info',
    filter: { kind: 'model', apiVersion: ML_API_VERSION },
    loader: async () => import('./cards/GatesCard').then(m => <m.GatesCard />),
  },
});

export const unownedCard = EntityCardBlueprint.make({
  name: 'ml-unowned',
  params: {
    type: 'content',
    filter: {
      kind: 'model',
      [`metadata.annotations.${ANNOTATION_UNOWNED}`]: 'true',
    },
    loader: async () =>
      import('./cards/UnownedCard').then(m => <m.UnownedCard />),
  },
});

/** Icons wherever an entity is named, and what the file says on the entity's overview. */
export const mlCatalogEntityModule = createFrontendModule({
  pluginId: 'catalog',
  extensions: [presentation, unownedCard, fieldsCard, gatesCard],
});
