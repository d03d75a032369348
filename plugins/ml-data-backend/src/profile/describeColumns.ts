import { InputError } from '@backstage/errors';
import { listed } from '@downstage/common';
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
  found: Pick<ColumnProfile, 'name' | 'type' | 'nulls'>[];
  declared: DeclaredField[];
}): DatasetColumn[] {
  const { ref, found, declared } = options;
  const names = new Set(found.map(column => column.name));
  const missing = declared
    .map(field => field.name)
    .filter(name => !names.has(name));
  if (missing.length) {
    const known = new Set(declared.map(field => field.name));
    // Of a name that was misspelled both spellings are seen: those declared alone, and those of the data alone.
    const undeclared = [...names].filter(name => !known.has(name));
    throw new InputError(
      `${ref} declares ${
        missing.length === 1 ? 'a column' : 'columns'
      } that the data does not have: ${listed(missing)}. ${
        undeclared.length
          ? `Not declared ${undeclared.length === 1 ? 'is' : 'are'} ${listed(
              undeclared,
            )}`
          : 'All columns of the data are declared'
      }. Correct spec.schema.fields or the data.`,
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
