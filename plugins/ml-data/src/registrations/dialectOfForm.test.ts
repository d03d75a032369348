import { datasetDialectSchema } from '@downstage/plugin-ml-data-common';
import {
  dialectAsYaml,
  dialectOfForm,
  emptyDialectForm,
} from './dialectOfForm';

describe('dialectOfForm', () => {
  it('leaves everything to the reader when nothing was chosen', () => {
    expect(dialectOfForm(emptyDialectForm)).toBeUndefined();
    expect(
      dialectOfForm({ ...emptyDialectForm, nullWords: ' , ' }),
    ).toBeUndefined();
  });

  it('says what was chosen, as the API takes it', () => {
    const dialect = dialectOfForm({
      delimiter: '\t',
      decimal: ',',
      thousands: '.',
      header: 'no',
      encoding: 'latin-1',
      nullWords: '-, n. a.',
    });
    expect(dialect).toEqual({
      delimiter: '\t',
      decimal: ',',
      thousands: '.',
      header: false,
      encoding: 'latin-1',
      nullWords: ['-', 'n. a.'],
    });
    expect(datasetDialectSchema.parse(dialect)).toEqual(dialect);
  });

  it('shows the entity how to keep it', () => {
    expect(dialectAsYaml({ delimiter: '\t', nullWords: ['-'] })).toBe(
      'spec:\n  location:\n    delimiter: "\\t"\n    nullWords: ["-"]',
    );
  });
});
