import {
  textEncodings,
  type DatasetDialect,
} from '@downstage/plugin-ml-data-common';

/** What somebody chose about how the text is written; an empty choice is left to the reader and the entity. */
export type DialectForm = {
  delimiter: string;
  decimal: string;
  thousands: string;
  header: string;
  encoding: string;
  /** Words divided by commas. */
  nullWords: string;
};

export const emptyDialectForm: DialectForm = {
  delimiter: '',
  decimal: '',
  thousands: '',
  header: '',
  encoding: '',
  nullWords: '',
};

/** The choices as the API takes them; `undefined` when nothing was chosen. */
export function dialectOfForm(form: DialectForm): DatasetDialect | undefined {
  const nullWords = form.nullWords
    .split(',')
    .map(word => word.trim())
    .filter(Boolean);
  const decimal = (['.', ','] as const).find(each => each === form.decimal);
  const thousands = ([',', '.', ' ', "'", '_'] as const).find(
    each => each === form.thousands,
  );
  const encoding = textEncodings.find(each => each === form.encoding);
  const dialect: DatasetDialect = {
    ...(form.delimiter && { delimiter: form.delimiter }),
    ...(decimal && { decimal }),
    ...(thousands && { thousands }),
    ...(form.header && { header: form.header === 'yes' }),
    ...(encoding && { encoding }),
    ...(nullWords.length && { nullWords }),
  };
  return Object.keys(dialect).length ? dialect : undefined;
}

/** The same for the Dataset entity, so that the next registration reads alike. */
export function dialectAsYaml(dialect: DatasetDialect): string {
  const lines = Object.entries(dialect).map(
    ([name, value]) => `    ${name}: ${JSON.stringify(value)}`,
  );
  return ['spec:', '  location:', ...lines].join('\n');
}
