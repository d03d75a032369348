import type {
  DatasetDialect,
  DatasetFormat,
} from '@downstage/plugin-ml-data-common';

const text = /^(string|text|varchar|str|utf8)$/i;

/**
 * What was declared of the text, in one spelling: the same bytes read by other rules are another version.
 *
 * @remarks
 * Of the declared types only the order to take digits as text counts; the rest changes no value.
 */
export function readAs(declared: {
  format?: DatasetFormat;
  dialect: DatasetDialect;
  fields: { name: string; type?: string }[];
}): string {
  if (declared.format === 'parquet') return '{}';
  const { dialect, fields } = declared;
  const known = Object.entries(dialect)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const asText = fields
    .filter(field => text.test(field.type ?? ''))
    .map(field => field.name)
    .sort();
  return JSON.stringify({
    ...Object.fromEntries(known),
    ...(asText.length && { text: asText }),
  });
}
