import {
  createFormField,
  FormFieldBlueprint,
} from '@backstage/plugin-scaffolder-react/alpha';

/** The template field `DownstageColumnPicker`. */
export const columnPickerField = FormFieldBlueprint.make({
  name: 'column-picker',
  params: {
    field: async () => {
      const { ColumnPicker } = await import('./ColumnPicker');
      return createFormField({
        name: 'DownstageColumnPicker',
        component: ColumnPicker,
      });
    },
  },
});
