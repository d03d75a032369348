import { createFrontendModule } from '@backstage/frontend-plugin-api';
import {
  createFormField,
  FormFieldBlueprint,
} from '@backstage/plugin-scaffolder-react/alpha';
import { whatIsMissing } from './publishPicker/target';

/** The template field `DownstagePublishPicker`. */
export const mlCatalogScaffolderModule = createFrontendModule({
  pluginId: 'scaffolder',
  extensions: [
    FormFieldBlueprint.make({
      name: 'downstage-publish-picker',
      params: {
        field: async () => {
          const { PublishPicker } = await import(
            './publishPicker/PublishPicker'
          );
          return createFormField({
            name: 'DownstagePublishPicker',
            component: PublishPicker,
            validation: (value, validation) => {
              const missing = whatIsMissing(value);
              if (missing) validation.addError(missing);
            },
          });
        },
      },
    }),
  ],
});
