import { InputError } from '@backstage/errors';
import type {
  ColumnProfile,
  DatasetColumn,
} from '@downstage/plugin-ml-data-common';

/** What the catalog entity says about a column. */
export type DeclaredField = {
  name: string;
  description?: string;
  unit?: string;
};

/**
 * Joins what was found in the data with what the entity declares.
 *
 * @throws InputError when a declared column is not in the data: then either the file or the entity is wrong, and
 * a version must not freeze the mistake
 */
export function describeColumns(options: {
  ref: string;
  found: ColumnProfile[];
  declared: DeclaredField[];
}): DatasetColumn[] {
  const { ref, found, declared } = options;
  const names = new Set(found.map(column => column.name));
  const missing = declared
    .map(field => field.name)
    .filter(name => !names.has(name));
  if (missing.length) {
    throw new InputError(
      `${ref} declares ${
        missing.length === 1 ? 'a column' : 'columns'
      } that the data does not have: ${missing.join(', ')}. The data has: ${[
        ...names,
      ].join(', ')}. Correct spec.schema.fields or the data.`,
    );
  }
  const fields = new Map(declared.map(field => [field.name, field]));
  return found.map(column => {
    const { description, unit } = fields.get(column.name) ?? {};
    return {
      name: column.name,
      type: column.type,
      nullable: column.nulls > 0,
      ...(description !== undefined && { description }),
      ...(unit !== undefined && { unit }),
    };
  });
}
